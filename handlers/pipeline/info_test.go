package pipeline

import (
	"net/url"
	"reflect"
	"testing"
)

func TestParseInfo(t *testing.T) {
	for _, c := range []struct {
		method, path, query string
		want                Info
	}{
		{"GET", "/api/v1/pods", "", Info{IsResource: true, Verb: "list", Version: "v1", Resource: "pods"}},
		{"GET", "/api/v1/pods", "watch=1", Info{IsResource: true, Verb: "watch", Version: "v1", Resource: "pods"}},
		{"GET", "/api/v1/pods", "watch=false", Info{IsResource: true, Verb: "list", Version: "v1", Resource: "pods"}},
		{"GET", "/api/v1/namespaces", "", Info{IsResource: true, Verb: "list", Version: "v1", Resource: "namespaces"}},
		{"GET", "/api/v1/namespaces/a", "", Info{IsResource: true, Verb: "get", Version: "v1", Resource: "namespaces", Namespace: "a", Name: "a"}},
		{"PUT", "/api/v1/namespaces/a/finalize", "", Info{IsResource: true, Verb: "update", Version: "v1", Resource: "namespaces", Subresource: "finalize", Namespace: "a", Name: "a"}},
		{"POST", "/api/v1/namespaces/a/pods", "", Info{IsResource: true, Verb: "create", Version: "v1", Resource: "pods", Namespace: "a"}},
		{"DELETE", "/api/v1/namespaces/a/pods", "", Info{IsResource: true, Verb: "deletecollection", Version: "v1", Resource: "pods", Namespace: "a"}},
		{"PATCH", "/apis/apps/v1/namespaces/a/deployments/b/scale", "", Info{IsResource: true, Verb: "patch", Group: "apps", Version: "v1", Resource: "deployments", Subresource: "scale", Namespace: "a", Name: "b"}},
		{"GET", "/api/v1/watch/namespaces/a/pods/b", "", Info{IsResource: true, Verb: "watch", Version: "v1", Resource: "pods", Namespace: "a", Name: "b", Watched: 4}},
		{"GET", "/api/v1/nodes/n/proxy/logs/x", "", Info{IsResource: true, Verb: "get", Version: "v1", Resource: "nodes", Subresource: "proxy", Name: "n", Parts: []string{"logs", "x"}}},
		{"GET", "/api/v1/namespaces/a/pods", "fieldSelector=metadata.name%3Db", Info{IsResource: true, Verb: "list", Version: "v1", Resource: "pods", Namespace: "a", Name: "b"}},
		{"GET", "/api/v1/namespaces/a/pods", "fieldSelector=metadata.name%3Db%2Fc", Info{IsResource: true, Verb: "list", Version: "v1", Resource: "pods", Namespace: "a"}},
		{"GET", "/apis", "", Info{Verb: "get"}},
		{"GET", "/apis/apps", "", Info{Verb: "get"}},
		{"GET", "/apis/apps/v1", "", Info{Verb: "get"}},
		{"POST", "/healthz", "", Info{Verb: "post"}},
		{"GET", "/", "", Info{Verb: "get"}},
		{"GET", "", "", Info{Verb: "get"}},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Path = c.path
		r := &Request{Query: query, Info: ParseInfo(c.method, c.path)}
		if r.refine(); !reflect.DeepEqual(r.Info, c.want) {
			t.Errorf("%s %s?%s:\n got  %+v\n want %+v", c.method, c.path, c.query, r.Info, c.want)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("GET", "/api/v1/namespaces/a/pods/b/log", "watch=1&fieldSelector=metadata.name%3Dx")
	f.Add("", "//apis///x/../%2F", "%zz")
	f.Fuzz(func(t *testing.T, method, path, rawQuery string) {
		query, _ := url.ParseQuery(rawQuery) // what could be read of it counts
		r := &Request{Query: query, Info: ParseInfo(method, path)}
		r.refine()
		info := r.Info
		if !info.IsResource && (info.Resource != "" || info.Name != "" || info.Namespace != "") {
			t.Errorf("%q is no resource's path but names one: %+v", path, info)
		}
	})
}

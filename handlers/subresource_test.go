package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// named takes every request as the user that a header names.
type named struct{}

func (named) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	u := &resource.UserInfo{Name: r.Header.Get("X-User"), Groups: []string{authn.GroupAuthenticated}}
	if u.Name == "admin" {
		u.Groups = append(u.Groups, "system:masters")
	}
	return u, nil
}

// secret is what only a reader of the parent may see.
const secret = "for-readers-of-the-parent-only"

// shows are the subresources whose body is the parent's object, here and in upstream.
var shows = []string{"approval", "ephemeralcontainers", "finalize", "resize", "status"}

// TestSubresourceAlone: whoever may do everything with one subresource, and nothing else, never gets to see anything of the
// object that it belongs to, unless the subresource is that object.
func TestSubresourceAlone(t *testing.T) {
	s, backend := newRBACServer(t)
	tried := 0
	for _, row := range resources.Rows {
		if !row.Enabled || row.Gate != "" || row.Subresource == "" {
			continue
		}
		name := row.Resource + "/" + row.Subresource
		user := row.Group + "/" + row.Version + "/" + name
		s.allow(user, row.Group, name)
		path := s.parent(backend, row)
		s.allowed(user, path+"/"+row.Subresource, row)
		shown := false
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			for _, tail := range []string{"", "/", "/below", "?watch=true", "?limit=1", "?follow=true&pretty=true"} {
				for _, accept := range []string{"application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"} {
					code, body := s.as(user, method, path+"/"+row.Subresource+tail, accept, row)
					tried++
					switch has := strings.Contains(body, secret); {
					case code == http.StatusForbidden && method != "OPTIONS":
						t.Errorf("%s %s%s: 403: the test's role is of no use: %s", method, name, tail, body)
					case has && slices.Contains(shows, row.Subresource):
						shown = true
					case has:
						t.Errorf("%s %s%s as %s shows the parent: %.300s", method, user, tail, accept, body)
					}
				}
			}
		}
		if slices.Contains(shows, row.Subresource) && slices.Contains(row.Verbs, "get") && !shown {
			t.Errorf("%s never shows the object, so this test could not see a leak", user)
		}
		if code, _ := s.as(user, "GET", path, "application/json", row); code != http.StatusForbidden {
			t.Errorf("%s: the parent itself is answered with %d", user, code)
		}
	}
	if tried < 9000 {
		t.Errorf("%d requests tried", tried)
	}
}

// TestConnectionsThatAreNotHere: what is refused before anybody is connected is refused as upstream does, and what would
// have to be connected says that it is not here. Nothing of the object is shown.
func TestConnectionsThatAreNotHere(t *testing.T) {
	s, _ := newRBACServer(t)
	const pods = "/api/v1/namespaces/default/pods"
	for name, spec := range map[string]string{
		"one": `{"containers":[{"name":"c","image":"i"}]}`, "two": `{"initContainers":[{"name":"i","image":"i"}],"containers":[{"name":"c","image":"i"},{"name":"d","image":"i"}]}`,
		"bound": `{"nodeName":"n","containers":[{"name":"c","image":"i"}]}`,
	} {
		if code, answer := s.send("admin", "POST", pods, "application/json", `{"metadata":{"name":"`+name+`"},"spec":`+spec+`}`); code != http.StatusCreated {
			t.Fatal(code, answer)
		}
	}
	const choose = "a container name must be specified for pod two, choose one of: [i c d]"
	for _, c := range []struct {
		method, path string
		code         int
		text         string
	}{
		{"GET", pods + "/none/log", 404, `pods \"none\" not found`},
		{"GET", pods + "/one/log", 204, ""},
		{"GET", pods + "/one/log?container=c", 204, ""},
		{"GET", pods + "/one/log?container=x", 400, "container x is not valid for pod one"},
		{"GET", pods + "/two/log", 400, choose},
		{"GET", pods + "/two/log?container=i", 204, ""},
		{"GET", pods + "/bound/log", 501, "pods/log is not served here yet"},
		{"POST", pods + "/one/log", 405, "does not allow this method"},
		{"GET", pods + "/none/exec?command=ls", 404, "not found"},
		{"POST", pods + "/one/exec?command=ls", 400, "pod one does not have a host assigned"},
		{"GET", pods + "/two/attach", 400, choose},
		{"POST", pods + "/bound/exec?command=ls", 501, "pods/exec is not served here yet"},
		{"PUT", pods + "/bound/exec", 405, ""},
		{"POST", pods + "/one/portforward", 400, "does not have a host assigned"},
		{"GET", pods + "/bound/portforward", 501, ""},
		{"PUT", pods + "/none/proxy/a/b", 404, "not found"},
		{"DELETE", pods + "/bound/proxy/a/b", 501, "pods/proxy is not served here yet"},
		{"GET", pods + "/https:none:443/proxy/", 404, `pods \"none\" not found`},
		{"GET", pods + "/https:bound:443/proxy/", 501, ""},
		{"GET", pods + "/a:b:c:d/proxy/", 400, `invalid pod request \"a:b:c:d\"`},
		{"GET", "/api/v1/nodes/none/proxy/", 404, `nodes \"none\" not found`},
		{"GET", "/api/v1/namespaces/default/services/none/proxy/", 404, `services \"none\" not found`},
	} {
		code, answer := s.send("admin", c.method, c.path, "application/json", "")
		if code != c.code || !strings.Contains(answer, c.text) || code != 204 && !strings.Contains(answer, `"kind":"Status"`) || strings.Contains(answer, "image") {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, answer)
		}
	}
}

type rbacServer struct {
	t    *testing.T
	http *httptest.Server
}

func newRBACServer(t *testing.T) (*rbacServer, *memory.Store) {
	t.Helper()
	backend := memory.New(memory.Options{})
	numbers := metrics.New(version.Info{})
	store := cache.New(numbers.Store(backend), cache.Options{Handed: numbers.Handed})
	roles := rbac.New(store, nil)
	s, err := handlers.New(handlers.Options{
		Store: store, Authenticator: named{}, Authorizer: roles, Roles: roles, Metrics: numbers,
		Admission: admission.Selection{Only: []string{"NamespaceLifecycle"}}, // what is tested is what roles allow
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		h.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rbacServer{t, h}, backend
}

// as sends a request with a body of the row's kind and returns what it got.
func (s *rbacServer) as(user, method, path, accept string, row resources.Row) (int, string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q}}`, strings.TrimPrefix(row.KindGroup+"/"+row.KindVersion, "/"), row.Kind, parentName(row))
	if method == "GET" || method == "HEAD" || method == "OPTIONS" {
		body = ""
	}
	return s.send(user, method, path, accept, body)
}

func (s *rbacServer) send(user, method, path, accept, body string) (int, string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-User", user)
	req.Header.Set("Accept", accept)
	req.Header.Set("Content-Type", "application/json")
	if method == "PATCH" {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// allow gives a user every verb on one resource or subresource, everywhere.
func (s *rbacServer) allow(user, group, resource string) {
	s.t.Helper()
	name := strings.ReplaceAll(user, "/", ":")
	meta := map[string]any{"name": name}
	const api = "/apis/rbac.authorization.k8s.io/v1/"
	for path, o := range map[string]any{
		api + "clusterroles": map[string]any{"metadata": meta, "rules": []any{map[string]any{"apiGroups": []string{group}, "resources": []string{resource}, "verbs": []string{"*"}}}},
		api + "clusterrolebindings": map[string]any{"metadata": meta, "roleRef": map[string]string{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
			"subjects": []any{map[string]string{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}}},
	} {
		b, err := json.Marshal(o)
		if err != nil {
			s.t.Fatal(err)
		}
		if code, answer := s.send("admin", "POST", path, "application/json", string(b)); code != http.StatusCreated {
			s.t.Fatalf("%d %s", code, answer)
		}
	}
}

// allowed returns when the server has heard of the user's role.
func (s *rbacServer) allowed(user, path string, row resources.Row) {
	s.t.Helper()
	for range 1000 {
		if code, _ := s.as(user, "GET", path, "application/json", row); code != http.StatusForbidden {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("%s has a role and may not use %s", user, path)
}

// parent stores an object of the resource that the row belongs to, and returns its path. It is made as another server could
// have stored it, so that every kind can be made in the same way.
func (s *rbacServer) parent(store *memory.Store, row resources.Row) string {
	s.t.Helper()
	main := resources.Rows[slices.IndexFunc(resources.Rows, func(r resources.Row) bool {
		return r.Group == row.Group && r.Version == row.Version && r.Resource == row.Resource && r.Subresource == ""
	})]
	r := resource.Resource{Row: main}
	meta := map[string]any{"name": parentName(row), "uid": "a-uid", "annotations": map[string]string{"note": secret}, "labels": map[string]string{"note": secret}}
	path := "/apis/" + row.Group + "/" + row.Version
	if row.Group == "" {
		path = "/api/v1"
	}
	if row.Namespaced {
		meta["namespace"] = "default"
		path += "/namespaces/default"
	}
	b, err := json.Marshal(map[string]any{"apiVersion": strings.TrimPrefix(main.Storage, "/"), "kind": main.Kind, "metadata": meta})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := store.Create(context.Background(), r.ObjectKey("default", parentName(row)), b, 0); err != nil {
		s.t.Fatal(err)
	}
	return path + "/" + row.Resource + "/" + parentName(row)
}

// parentName is another one for each row: what a test writes through one subresource is not read through the next.
func parentName(row resources.Row) string { return row.Version + "-" + row.Subresource }

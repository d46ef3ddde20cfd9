package kube_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	"github.com/gatehouse-dev/gatehouse/clients/go/types"
)

// published are the operations of the server's documents, as "method path", but for the deprecated watch ones. Groups are those
// that are served, as group/version.
func published(t *testing.T, c kube.Config) (operations, groups map[string]bool) {
	t.Helper()
	pair, err := tls.X509KeyPair(c.TLS.Cert, c.TLS.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.TLS.CA)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}, DisableKeepAlives: true}}
	read := func(path string, into any) {
		answer, err := client.Get(c.Host + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	read("/openapi/v3", &index)
	operations, groups = map[string]bool{}, map[string]bool{}
	for _, document := range index.Paths {
		var d struct {
			Paths map[string]map[string]json.RawMessage
		}
		read(document.ServerRelativeURL, &d)
		for path, item := range d.Paths {
			for method, raw := range item {
				var o struct {
					Kind *struct{} `json:"x-kubernetes-group-version-kind"`
				}
				if method == "parameters" || strings.Contains(path, "/watch/") || json.Unmarshal(raw, &o) != nil || o.Kind == nil {
					continue
				}
				operations[method+" "+path] = true
				words := strings.Split(path, "/")
				if words[1] == "api" {
					groups["/"+words[2]] = true
				} else {
					groups[words[2]+"/"+words[3]] = true
				}
			}
		}
	}
	return operations, groups
}

// callable are the operations that a row knows.
func callable(row kube.Row) (out []string) {
	base := "/apis/" + row.Group + "/" + row.Version
	if row.Group == "" {
		base = "/api/" + row.Version
	}
	all := base + "/" + row.Resource
	collection := all
	if row.Namespaced {
		collection = base + "/namespaces/{namespace}/" + row.Resource
	}
	methods := map[string]string{"get": "get", "update": "put", "patch": "patch", "delete": "delete", "create": "post", "list": "get", "deletecollection": "delete"}
	for _, verb := range row.Verbs {
		switch verb {
		case "watch": // a list with watch=true
		case "list":
			out = append(out, "get "+collection)
			if row.Namespaced {
				out = append(out, "get "+all)
			}
		case "create", "deletecollection":
			out = append(out, methods[verb]+" "+collection)
		default:
			out = append(out, methods[verb]+" "+collection+"/{name}")
		}
	}
	for _, s := range row.Subresources {
		path := collection + "/{name}/" + s.Name
		for _, verb := range s.Verbs {
			out = append(out, methods[verb]+" "+path)
		}
		for _, method := range s.Connect {
			out = append(out, method+" "+path)
			if s.Name == "proxy" {
				out = append(out, method+" "+path+"/{path}")
			}
		}
	}
	return out
}

// TestOperationsArePublished: what the documents show is what the rows know.
func TestOperationsArePublished(t *testing.T) {
	operations, groups := published(t, config(t))
	known := map[string]bool{}
	for _, row := range types.Rows {
		if groups[row.Group+"/"+row.Version] {
			for _, o := range callable(row) {
				known[o] = true
			}
		}
	}
	if len(known) < 500 {
		t.Errorf("only %d operations", len(known))
	}
	for _, o := range slices.Sorted(maps.Keys(operations)) {
		if !known[o] {
			t.Errorf("no client can call %s", o)
		}
	}
	for _, o := range slices.Sorted(maps.Keys(known)) {
		if !operations[o] {
			t.Errorf("no document shows %s", o)
		}
	}
}

// TestOperationsAreThere calls every operation of every row, as a dry run, for an object that is not there: whatever the server says,
// it is not that it has no such operation.
func TestOperationsAreThere(t *testing.T) {
	c := config(t)
	_, groups := published(t, c)
	client := newClient(t, c)
	called := 0
	for _, row := range types.Rows {
		if !groups[row.Group+"/"+row.Version] {
			continue
		}
		ctx := t.Context()
		bound := kube.Untyped(row).In(client, "default")
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": strings.TrimPrefix(row.Group+"/"+row.Version, "/"), "kind": row.Kind, "metadata": map[string]any{"name": "go-nope"},
		}}
		if row.Namespaced {
			object.SetNamespace("default")
		}
		verbs := map[string]func() error{
			"get":              func() error { _, err := bound.Get(ctx, "go-nope"); return err },
			"list":             func() error { _, err := bound.Page(ctx, kube.Limit(1)); return err },
			"create":           func() error { _, err := bound.Create(ctx, object, kube.DryRun()); return err },
			"update":           func() error { _, err := bound.Replace(ctx, object, kube.DryRun()); return err },
			"patch":            func() error { _, err := bound.Patch(ctx, "go-nope", kube.Merge("{}"), kube.DryRun()); return err },
			"delete":           func() error { return bound.Delete(ctx, "go-nope", kube.DryRun()) },
			"deletecollection": func() error { return bound.DeleteCollection(ctx, kube.Labels("go=nope"), kube.DryRun()) },
			"watch": func() error {
				for event, err := range bound.Watch(ctx, kube.Labels("go=nope"), kube.Timeout(time.Millisecond)) {
					if err == nil && event.Type != watch.Bookmark {
						err = fmt.Errorf("an event of what is not there: %v", event)
					}
					return err
				}
				return nil
			},
		}
		for _, verb := range row.Verbs {
			called++
			if err := verbs[verb](); missing(err) {
				t.Errorf("%s %s %s: %v", verb, row.Group, row.Resource, err)
			}
		}
		for _, s := range row.Subresources {
			body := map[string]any{"metadata": map[string]any{"name": "go-nope"}}
			below := map[string]func() error{
				"get": func() error { _, err := kube.Sub[map[string]any](ctx, bound, "go-nope", s.Name); return err },
				"create": func() error {
					_, err := kube.CreateSub(ctx, bound, "go-nope", s.Name, &body, kube.DryRun())
					return err
				},
				"update": func() error {
					_, err := kube.ReplaceSub(ctx, bound, "go-nope", s.Name, &body, kube.DryRun())
					return err
				},
				"patch": func() error {
					_, err := kube.PatchSub[map[string]any](ctx, bound, "go-nope", s.Name, kube.Merge("{}"), kube.DryRun())
					return err
				},
			}
			for _, verb := range s.Verbs {
				called++
				if err := below[verb](); err == nil || missing(err) && !s.Text {
					t.Errorf("%s %s %s/%s: %v", verb, row.Group, row.Resource, s.Name, err)
				}
			}
		}
	}
	if called < 500 {
		t.Errorf("only %d operations were called", called)
	}
}

// missing says whether an error is that of a server without such an operation, which names no object, or none of a server at all.
func missing(err error) bool {
	var status apierrors.APIStatus
	if err == nil || apierrors.IsMethodNotSupported(err) || !errors.As(err, &status) {
		return err != nil
	}
	d := status.Status().Details
	return apierrors.IsNotFound(err) && (d == nil || d.Name == "")
}

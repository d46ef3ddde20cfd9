package kube

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// things are a resource of the tests.
var things = untypedThings{Untyped(Row{Group: "example.com", Version: "v1", Resource: "things", Kind: "Thing", Namespaced: true, Subresources: []Subresource{
	{Name: "size", Group: "example.com", Version: "v1", Kind: "Size", Verbs: []string{"get", "create"}},
}})}

type object = unstructured.Unstructured

type untypedThings struct {
	*Resource[object, unstructured.UnstructuredList]
}

func (untypedThings) object(o map[string]any) *object { return &object{Object: o} }

// peer is a server of a test, without TLS, and its client.
func peer(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	c, err := New(Config{Host: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answer writes JSON.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that is gone is no fault of the test's server
}

// refuse writes a Status.
func refuse(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": "no: " + reason})
}

// ask gets the data of a config map that whoAmI answers with.
func ask(t *testing.T, c *Client) map[string]string {
	t.Helper()
	maps := Untyped(Row{Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Namespaced: true})
	m, err := maps.In(c, "n").Get(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := unstructured.NestedStringMap(m.Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func join(list []string) string { return strings.Join(list, ",") }

// thing is an object of the tests.
func thing(name, version string) map[string]any {
	return map[string]any{"kind": "Thing", "apiVersion": "example.com/v1", "metadata": map[string]any{"name": name, "namespace": "n", "uid": "u-" + name, "resourceVersion": version}}
}

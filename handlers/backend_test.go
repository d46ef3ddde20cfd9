package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// TestPathsThatAreNone: a path that no verb of a resource is at is not found with any method; a path that one is at
// refuses other methods.
func TestPathsThatAreNone(t *testing.T) {
	s := newServer(t)
	tried := 0
	for _, row := range resources.Rows {
		if !row.Enabled || row.Gate != "" || row.Subresource != "" {
			continue
		}
		base := "/apis/" + row.Group + "/" + row.Version
		if row.Group == "" {
			base = "/api/v1"
		}
		has := func(verbs ...string) bool {
			return slices.ContainsFunc(verbs, func(v string) bool { return slices.Contains(row.Verbs, v) })
		}
		object, collection := has("get", "update", "patch", "delete"), has("create", "list", "deletecollection")
		for path, exists := range map[string]bool{
			base + "/" + row.Resource:                                !row.Namespaced && collection || has("list"),
			base + "/" + row.Resource + "/x":                         !row.Namespaced && object,
			base + "/namespaces/default/" + row.Resource:             row.Namespaced && collection,
			base + "/namespaces/default/" + row.Resource + "/x":      row.Namespaced && object,
			base + "/namespaces/default/" + row.Resource + "/x/none": false,
		} {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH"} {
				code, answer := s.do(method, path, map[string]string{"GET": "", "POST": "{", "PUT": "{", "PATCH": "{"}[method])
				tried++
				known := code != http.StatusNotFound || answer.at("message") != "the server could not find the requested resource"
				if known != exists {
					t.Errorf("%s %s: %d %v, exists: %v", method, path, code, answer, exists)
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("%d requests", tried)
	}
}

// TestNamespacesBelowANamespace: who may do everything in one namespace may do nothing to others, on no path.
func TestNamespacesBelowANamespace(t *testing.T) {
	s, _ := newRBACServer(t)
	const api = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"
	for path, body := range map[string]string{
		api + "roles":        `{"metadata":{"name":"all"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}`,
		api + "rolebindings": `{"metadata":{"name":"all"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"all"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"ann"}]}`,
	} {
		if code, answer := s.send("admin", "POST", path, "application/json", body); code != http.StatusCreated {
			t.Fatalf("%d %s", code, answer)
		}
	}
	for i := 0; ; i++ {
		code, _ := s.send("ann", "GET", "/api/v1/namespaces/default/configmaps", "application/json", "")
		if code == http.StatusOK {
			break
		}
		if i == 1000 {
			t.Fatal("the role has no effect")
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, path := range []string{
		"/api/v1/namespaces", "/api/v1/namespaces/kube-system", "/api/v1/namespaces/kube-system/status", "/api/v1/namespaces/kube-system/finalize",
		"/api/v1/namespaces/default/namespaces", "/api/v1/namespaces/default/namespaces/", "/api/v1/namespaces/default/namespaces/kube-system",
		"/api/v1/namespaces/default/namespaces/kube-system/status", "/api/v1/namespaces/default/namespaces/kube-system/finalize",
		"/api/v1/namespaces/default/namespaces/status", "/api/v1/namespaces/default/namespaces/finalize",
		"/api/v1/watch/namespaces", "/api/v1/watch/namespaces/default/namespaces", "/api/v1/watch/namespaces/default/namespaces/kube-system",
		"/api/v1/namespaces/default/nodes", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/clusterroles/cluster-admin",
	} {
		for _, method := range []string{"GET", "PUT", "PATCH", "POST", "DELETE"} {
			for _, query := range []string{"", "?watch=true&timeoutSeconds=1", "?fieldSelector=metadata.name%3Dkube-system", "?fieldSelector=metadata.name%3Ddefault"} {
				body := ""
				if method != "GET" && method != "DELETE" {
					body = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","labels":{"taken":"over"}},"spec":{"finalizers":[]}}`
				}
				code, answer := s.send("ann", method, path+query, "application/json", body)
				if code != http.StatusForbidden && code != http.StatusNotFound && code != http.StatusMethodNotAllowed || strings.Contains(answer, "kubernetes.io/metadata.name") {
					t.Errorf("%s %s%s: %d %.200s", method, path, query, code, answer)
				}
			}
		}
	}
	if code, answer := s.send("admin", "GET", "/api/v1/namespaces/kube-system", "application/json", ""); code != http.StatusOK || strings.Contains(answer, "taken") {
		t.Errorf("%d %s", code, answer)
	}
	if code, answer := s.send("ann", "GET", "/api/v1/namespaces/default", "application/json", ""); code != http.StatusOK {
		t.Errorf("her own: %s", fmt.Sprint(code, answer))
	}
}

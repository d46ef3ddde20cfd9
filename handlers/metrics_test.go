package handlers_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A server's own page counts what the server did, and what nobody serves is not on it.
func TestMetricsPage(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]int{
		"/api/v1/namespaces/default": 200, "/api/v1/namespaces/nowhere": 404, "/api/v1/madeup": 404, "/madeup": 404, "/version": 200,
	} {
		resp, err := http.Get(s.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Fatalf("%s: %s", path, resp.Status)
		}
	}
	resp, err := http.Get(s.http.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	lines := strings.Split(string(page), "\n")
	has := map[string]bool{}
	for _, line := range lines {
		has[line] = true
	}
	const namespaces = `component="apiserver",dry_run="",group="",resource="namespaces",scope="resource",subresource="",verb="GET",version="v1"} 1`
	for _, want := range []string{
		`apiserver_request_total{code="200",` + namespaces, `apiserver_request_total{code="404",` + namespaces,
		`apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/version",verb="GET",version=""} 1`,
		`apiserver_resource_objects{group="",resource="namespaces"} 4`,
		`apiserver_audit_event_total 0`,
		`authentication_attempts{result="success"} 6`, // with the one for this page
	} {
		if !has[want] {
			t.Errorf("the page has no line %q", want)
		}
	}
	if strings.Contains(string(page), "madeup") {
		t.Error("the page has a name that a client made up")
	}
}

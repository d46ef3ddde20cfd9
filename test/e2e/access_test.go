package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Who gets in, and what those hear who do not.
func TestAccess(t *testing.T) {
	dir := t.TempDir()
	foreign, err := pki.OpenAuthority(filepath.Join(dir, "foreign"), "ca")
	if err != nil {
		t.Fatal(err)
	}
	friendly, err := pki.OpenAuthority(filepath.Join(dir, "friendly"), "ca")
	if err != nil {
		t.Fatal(err)
	}
	server := harness.Start(t, "--client-ca-file="+filepath.Join(dir, "friendly", "ca.crt"))
	authority, err := os.ReadFile(server.CA())
	if err != nil {
		t.Fatal(err)
	}
	// as is a kubectl with a certificate of an authority.
	as := func(a *pki.Authority, user string, groups ...string) *harness.Kubectl {
		pair, err := a.Client(user, user, groups...)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := pki.WriteKubeconfig(path, server.URL, authority, user, pair); err != nil {
			t.Fatal(err)
		}
		return harness.NewKubectl(t, path)
	}
	if out := as(friendly, "root", "system:masters").OK("get", "namespace", "default", "-o", "name"); out != "namespace/default\n" {
		t.Errorf("an administrator of --client-ca-file sees %q", out)
	}
	for _, c := range []struct {
		name    string
		kubectl *harness.Kubectl
		want    string
	}{
		{"a foreign authority", as(foreign, "root", "system:masters"), "You must be logged in to the server"},
		{"no rights", as(friendly, "jane", "developers"), `namespaces "default" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "default"`},
	} {
		if out := c.kubectl.Fails("get", "--raw=/api/v1/namespaces/default"); !strings.Contains(out, c.want) {
			t.Errorf("%s: %q, want %q", c.name, out, c.want)
		}
	}
	for _, c := range []struct {
		token, path string
		code        int
		message     string
	}{
		{"", "/api/v1/pods", 403, `pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope`},
		{"", "/apis", 403, `forbidden: User "system:anonymous" cannot get path "/apis"`},
		{"", "/readyz", 200, ""},
		{"", "/version", 200, ""},
		{harness.UserToken, "/api/v1/pods", 403, `pods is forbidden: User "harness-user" cannot list resource "pods" in API group "" at the cluster scope`},
		{"wrong", "/readyz", 401, "Unauthorized"},
		{"wrong", "/api/v1/pods", 401, "Unauthorized"},
		{harness.AdminToken, "/api/v1/pods", 200, ""},
	} {
		code, message := ask(t, api{server.URL, server.Client(c.token)}, c.path)
		if code != c.code || !strings.HasPrefix(message, c.message) {
			t.Errorf("token %q, %s: %d %q, want %d %q", c.token, c.path, code, message, c.code, c.message)
		}
	}
}

// ask is the status of a GET, and the message if it is a Status.
func ask(t *testing.T, a api, path string) (int, string) {
	t.Helper()
	code, b, err := a.do(t.Context(), http.MethodGet, path, "")
	if err != nil {
		t.Fatal(err)
	}
	var status struct{ Kind, Message string }
	if code >= 400 && (json.Unmarshal(b, &status) != nil || status.Kind != "Status") {
		t.Errorf("GET %s: %d without a Status: %s", path, code, b)
	}
	return code, status.Message
}

// The other modes, and a server that does not know anonymous users.
func TestAuthorizationModes(t *testing.T) {
	for _, c := range []struct {
		flags                  []string
		admin, user, anonymous int
	}{
		{[]string{"--authorization-mode=AlwaysAllow"}, 200, 200, 401},
		{[]string{"--authorization-mode=AlwaysDeny"}, 200, 403, 403},
		{[]string{"--anonymous-auth=false"}, 200, 403, 401},
	} {
		server := harness.Start(t, c.flags...)
		for token, want := range map[string]int{harness.AdminToken: c.admin, harness.UserToken: c.user, "": c.anonymous} {
			if got, _ := ask(t, api{server.URL, server.Client(token)}, "/api/v1/namespaces/default"); got != want {
				t.Errorf("%v, token %q: %d, want %d", c.flags, token, got, want)
			}
		}
		server.Stop()
	}
}

// The insecure port serves every local process, and no page of a browser.
func TestInsecurePort(t *testing.T) {
	port := harness.FreePort(t)
	server := harness.Start(t, "--insecure-port="+port)
	url := "http://127.0.0.1:" + port
	kubectl := harness.NewKubectl(t, os.DevNull)
	if out := kubectl.OK("--server="+url, "create", "configmap", "local", "--namespace=default"); out != "configmap/local created\n" {
		t.Errorf("kubectl without credentials: %q", out)
	}
	if out := server.Kubectl().OK("get", "configmap", "local", "-o", "name"); out != "configmap/local\n" {
		t.Errorf("the secure port shows %q", out)
	}
	for _, c := range []struct {
		name, header, value string
		want                int
	}{
		{"localhost", "Host", "localhost:" + port, 200},
		{"another name for this machine", "Host", "rebound.example.com:" + port, 403},
		{"a page of another origin", "Origin", "https://page.example.com", 403},
		{"what a page loads", "Sec-Fetch-Site", "cross-site", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/namespaces", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.header == "Host" {
			r.Host = c.value
		} else {
			r.Header.Set(c.header, c.value)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, answer.StatusCode, c.want)
		}
	}
	// A request through it does not make the secure port trust anybody.
	if code, _ := ask(t, api{server.URL, server.Client("")}, "/api/v1/namespaces"); code != 403 {
		t.Errorf("the secure port answers strangers with %d", code)
	}
	for _, address := range []string{"0.0.0.0", "::", "192.0.2.1"} {
		out := harness.Refused(t, "--data-dir="+t.TempDir(), "--secure-port=0", "--insecure-port="+port, "--insecure-bind-address="+address)
		if !strings.Contains(out, "not a loopback address") {
			t.Errorf("at %s: %q", address, out)
		}
	}
}

package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

var quiet = slog.New(slog.DiscardHandler)

// peer is a real HTTPS server that asks for a client certificate.
func peer(t *testing.T, dir string, handler http.HandlerFunc) (*httptest.Server, *pki.Authority) {
	t.Helper()
	own, err := pki.OpenAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: own.Pool()}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, own
}

func caOf(s *httptest.Server) string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func config(server, ca, user string) []byte {
	return fmt.Appendf(nil, `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: s, user: u}}]
clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]
users: [{name: u, user: %s}]
`, server, ca, user)
}

func TestCallShowsTheUser(t *testing.T) {
	dir := t.TempDir()
	server, own := peer(t, dir, func(w http.ResponseWriter, r *http.Request) {
		name := ""
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		fmt.Fprintf(w, `{"path":%q,"auth":%q,"cert":%q}`, r.URL.Path, r.Header.Get("Authorization"), name)
	})
	for _, name := range []string{"ann", "ben"} {
		if _, err := own.Client(name, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inline := func(file string) string {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	for _, c := range []struct{ user, auth, cert string }{
		{"{}", "", ""},
		{"{token: abc}", "Bearer abc", ""},
		{"{token: abc, tokenFile: token}", "Bearer from-file", ""},
		{"{username: u, password: p}", "Basic " + base64.StdEncoding.EncodeToString([]byte("u:p")), ""},
		{"{client-certificate: ann.crt, client-key: ann.key}", "", "ann"},
		{"{client-certificate-data: " + inline("ben.crt") + ", client-key-data: " + inline("ben.key") + "}", "", "ben"},
	} {
		client, err := New(config(server.URL+"/hook", caOf(server), c.user), dir, quiet)
		if err != nil {
			t.Fatalf("%s: %v", c.user, err)
		}
		var got struct{ Path, Auth, Cert string }
		if err := client.Call(context.Background(), struct{}{}, &got); err != nil {
			t.Fatalf("%s: %v", c.user, err)
		}
		if got.Path != "/hook" || got.Auth != c.auth || got.Cert != c.cert {
			t.Errorf("%s: %+v", c.user, got)
		}
	}
}

func TestCallRefusesStrangers(t *testing.T) {
	server, own := peer(t, t.TempDir(), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	client, err := New(config(server.URL, base64.StdEncoding.EncodeToString(own.PEM), "{}"), "", quiet)
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if err := client.Call(context.Background(), struct{}{}, nil); !errors.As(err, &unknown) {
		t.Errorf("a server of another authority: %v", err)
	}
}

func TestCallTriesAgain(t *testing.T) {
	for _, c := range []struct {
		what    string
		answers []int
		header  string
		calls   int
		err     string
	}{
		{what: "good", answers: []int{200}, calls: 1},
		{what: "created", answers: []int{201}, calls: 1},
		{what: "after a failure", answers: []int{500, 504, 200}, calls: 3},
		{what: "after too many", answers: []int{429, 200}, calls: 2},
		{what: "always failing", answers: []int{500, 500, 500, 500}, calls: 3, err: "the webhook answered 500 Internal Server Error: {}"},
		{what: "refused", answers: []int{403}, calls: 1, err: "the webhook answered 403 Forbidden: {}"},
		{what: "sent elsewhere", answers: []int{302}, calls: 1, err: "the webhook answered 302 Found: {}"},
	} {
		calls := 0
		server, _ := peer(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) {
			if ct := r.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Content-Type %q", ct)
			}
			w.Header().Set("Location", "https://example.invalid/")
			w.WriteHeader(c.answers[calls])
			calls++
			fmt.Fprint(w, "{}")
		})
		client, err := New(config(server.URL, caOf(server), "{}"), "", quiet)
		if err != nil {
			t.Fatal(err)
		}
		client.Backoff = Backoff{First: time.Microsecond, Attempts: 3}
		err = client.Call(context.Background(), struct{}{}, &struct{}{})
		if calls != c.calls || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%s: %d calls, %v", c.what, calls, err)
		}
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server, _ := peer(t, t.TempDir(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		cancel()
	})
	client, err := New(config(server.URL, caOf(server), "{}"), "", quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Call(ctx, struct{}{}, nil); err == nil {
		t.Error("no error")
	}
}

func TestFaultyKubeconfigs(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                 "invalid configuration: no current-context",
		"current-context: x": `invalid configuration: context "x" does not exist`,
		"{current-context: c, contexts: [{name: c, context: {cluster: s}}]}":                                                    "names no cluster with a server",
		"{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: nowhere}}]}": "is not a URL",
		string(config("https://a.example", "AA==", "{}")):                                                                       "certificate-authority has no certificate",
		string(config("https://a.example", "?", "{}")):                                                                          "illegal base64",
		string(config("https://a.example", "", "{exec: {command: x}}")):                                                         "are not supported",
		string(config("https://a.example", "", "{client-certificate: none, client-key: none}")):                                 "no such file",
		string(config("https://a.example", "", "{tokenFile: none}")):                                                            "no such file",
		"[": "yaml",
	} {
		if _, err := New([]byte(text), t.TempDir(), quiet); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v, want %s", text, err, want)
		}
	}
}

func FuzzKubeconfig(f *testing.F) {
	f.Add(config("https://a.example", "", "{token: x}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, u, err := parseKubeconfig(text, "/")
		if err == nil && (c.Server == "" || u == nil) {
			b, _ := json.Marshal(c) // for the message only
			t.Errorf("%s was read as %s", text, b)
		}
	})
}

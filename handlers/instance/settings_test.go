package instance

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
)

// ask sends a request with headers and returns the answer without its body.
func ask(t *testing.T, client *http.Client, method, url string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // only the head matters
	return resp
}

// Browsers are told which pages may read answers, and that the server is to be reached over HTTPS.
func TestBrowsers(t *testing.T) {
	c := inMemory()
	c.Serving.CORS = []string{`^https://good\.example(:|$)`}
	c.Serving.HSTS = []string{"max-age=60", "includeSubDomains"}
	i := started(t, c)
	client := administrator(t, i, true)
	defer client.CloseIdleConnections()
	const allow = "Access-Control-Allow-Origin"
	for _, c := range []struct {
		method, origin string
		code           int
		allowed        bool
	}{
		{"GET", "", 200, false},
		{"GET", "https://good.example", 200, true},
		{"GET", "https://good.example:8443", 200, true},
		{"GET", "https://good.example.evil", 200, false},
		{"GET", "https://evil.example", 200, false},
		{"OPTIONS", "https://good.example", 204, true},
	} {
		headers := []string{"Accept", "application/json"}
		if c.origin != "" {
			headers = append(headers, "Origin", c.origin)
		}
		resp := ask(t, client, c.method, i.URL()+"/api/v1", headers...)
		if resp.StatusCode != c.code || (resp.Header.Get(allow) == c.origin && c.origin != "") != c.allowed {
			t.Errorf("%s from %q: %d, allowed %q", c.method, c.origin, resp.StatusCode, resp.Header.Get(allow))
		}
		if got := resp.Header.Get("Strict-Transport-Security"); got != "max-age=60; includeSubDomains" {
			t.Errorf("%s from %q: HSTS %q", c.method, c.origin, got)
		}
	}
	if resp := ask(t, client, "OPTIONS", i.URL()+"/api/v1", "Origin", "https://evil.example"); resp.StatusCode == http.StatusNoContent {
		t.Error("a preflight of a foreign page is answered")
	}
	plain := started(t, inMemory())
	other := administrator(t, plain, true)
	defer other.CloseIdleConnections()
	resp := ask(t, other, "GET", plain.URL()+"/api", "Origin", "https://good.example")
	if resp.Header.Get(allow) != "" || resp.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("headers that nobody asked for: %v", resp.Header)
	}
}

// Key exchanges are those that are named; what the client prefers does not count.
func TestCurves(t *testing.T) {
	c := inMemory()
	c.Serving.Curves = []tls.CurveID{tls.CurveP256}
	i := started(t, c)
	address := strings.TrimPrefix(i.URL(), "https://")
	for curve, want := range map[tls.CurveID]bool{tls.CurveP256: true, tls.X25519: false} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, CurvePreferences: []tls.CurveID{curve}})
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != want {
			t.Errorf("%v: %v", curve, err)
		}
	}
}

// Servers that share a port are two at once; others are refused it.
func TestSharedPort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not every system shares ports in this way")
	}
	c := inMemory()
	c.Serving.SharePort = true
	first := started(t, c)
	c.Serving.Port = first.config.Serving.Port
	second := started(t, c)
	if first.URL() != second.URL() {
		t.Errorf("%s and %s", first.URL(), second.URL())
	}
	c.Serving.SharePort = false
	if i, err := Start(t.Context(), c); err == nil {
		_ = i.Close(t.Context())
		t.Error("a third server took the port without sharing it")
	}
}

// A server that is still starting is alive for a while, healthy and ready not.
func TestLiveGrace(t *testing.T) {
	for grace, want := range map[time.Duration]int{0: http.StatusInternalServerError, time.Hour: http.StatusOK} {
		checks, finish, err := startChecks(nil, grace)
		if err != nil {
			t.Fatal(err)
		}
		code := func(page string) int {
			w := httptest.NewRecorder()
			r, err := http.NewRequest(http.MethodGet, page, nil)
			if err != nil {
				t.Fatal(err)
			}
			checks.ServeHTTP(w, r)
			return w.Code
		}
		if got := code("/livez"); got != want {
			t.Errorf("/livez with a grace of %v: %d", grace, got)
		}
		if code("/readyz") != http.StatusInternalServerError || code("/healthz") != http.StatusInternalServerError {
			t.Error("it is ready before it has started")
		}
		for _, done := range finish {
			done()
		}
		for _, page := range []string{"/livez", "/readyz", "/healthz"} {
			if got := code(page); got != http.StatusOK {
				t.Errorf("%s after the start: %d", page, got)
			}
		}
	}
	if _, _, err := startChecks([]health.Check{health.Ping(), health.Ping()}, 0); err == nil {
		t.Error("two checks of one name")
	}
}

// Gates that the server itself asks for.
func TestGatesThatAct(t *testing.T) {
	c := inMemory()
	var err error
	if c.Features, err = features.Parse([]string{"APIResponseCompression=false,RelaxedServiceNameValidation=false"}); err != nil {
		t.Fatal(err)
	}
	for off, c := range map[bool]Config{true: c, false: inMemory()} {
		i := started(t, c)
		client := administrator(t, i, true)
		defer client.CloseIdleConnections()
		big := strings.Repeat("x", 200<<10)
		body := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"a":"` + big + `"}}`
		resp, err := client.Post(i.URL()+configMaps, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		zipped := ask(t, client, "GET", i.URL()+configMaps, "Accept-Encoding", "gzip").Header.Get("Content-Encoding") == "gzip"
		if zipped == off {
			t.Errorf("compressed: %v, switched off: %v", zipped, off)
		}
		service := `{"apiVersion":"v1","kind":"Service","metadata":{"name":"1st"},"spec":{"ports":[{"port":80}]}}`
		if resp, err = client.Post(i.URL()+"/api/v1/namespaces/default/services", "application/json", strings.NewReader(service)); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if refused := resp.StatusCode == http.StatusUnprocessableEntity; refused != off {
			t.Errorf("a service whose name begins with a digit: %d, switched off: %v", resp.StatusCode, off)
		}
		ingress := `{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"a"},"spec":{"defaultBackend":{"service":{"name":"1st","port":{"number":80}}}}}`
		if resp, err = client.Post(i.URL()+"/apis/networking.k8s.io/v1/namespaces/default/ingresses", "application/json", strings.NewReader(ingress)); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if refused := resp.StatusCode == http.StatusUnprocessableEntity; refused != off {
			t.Errorf("an ingress to it: %d, switched off: %v", resp.StatusCode, off)
		}
	}
}

package handlers_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/pki"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// extension is another API server: real HTTPS, which believes whom a front proxy names when that shows a certificate of its
// authority.
type extension struct {
	t         *testing.T
	server    *httptest.Server
	authority *pki.Authority
	// front is the certificate of the proxy that it believes.
	front *tls.Certificate
	port  int

	mu sync.Mutex
	// broken has it answer 500 to everything, aggregated lets it have discovery in one piece.
	broken, aggregated bool
	// seen are the headers of the last request of a user.
	seen http.Header
}

const farPath = "/apis/far.dev/v1"

func newExtension(t *testing.T) *extension {
	t.Helper()
	e := &extension{t: t}
	var err error
	if e.authority, err = pki.OpenAuthority("", "far"); err != nil {
		t.Fatal(err)
	}
	serving, err := e.authority.Serving("far", []string{"far.ext.svc"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := e.authority.Client("front", "front-proxy")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := serving.TLS()
	if err != nil {
		t.Fatal(err)
	}
	if e.front, err = client.TLS(); err != nil {
		t.Fatal(err)
	}
	e.server = httptest.NewUnstartedServer(e)
	e.server.EnableHTTP2, e.server.Config.ErrorLog = true, log.New(io.Discard, "", 0)
	if err := e.server.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if e.server.Listener, err = net.Listen("tcp", ":0"); err != nil {
		t.Fatal(err)
	}
	e.server.TLS = &tls.Config{Certificates: []tls.Certificate{*pair}, ClientCAs: e.authority.Pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	e.server.StartTLS()
	t.Cleanup(e.server.Close)
	e.port = e.server.Listener.Addr().(*net.TCPAddr).Port
	return e
}

func (e *extension) set(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *extension) header() http.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen
}

func (e *extension) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	broken, aggregated := e.broken, e.aggregated
	if r.Header.Get("X-Remote-User") != "system:kube-aggregator" {
		e.seen = r.Header.Clone()
	}
	e.mu.Unlock()
	switch {
	case broken:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "front-proxy":
		http.Error(w, "who is that?", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Audit-Id", r.Header.Get("Audit-Id"))
	switch r.URL.Path {
	case "/apis":
		if !aggregated {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
		fmt.Fprint(w, `{"items":[{"metadata":{"name":"far.dev"},"versions":[{"version":"v1","resources":[{"resource":"stars","scope":"Cluster","singularResource":"star","responseKind":{"group":"far.dev","version":"v1","kind":"Star"},"verbs":["get","list"]}]}]}]}`)
	case farPath:
		fmt.Fprint(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"far.dev/v1","resources":[{"name":"planets/status","namespaced":true,"kind":"Planet","verbs":["get"]},{"name":"planets","singularName":"planet","namespaced":true,"kind":"Planet","verbs":["get","list","watch","create"],"shortNames":["pl"]}]}`)
	case farPath + "/planets":
		if r.URL.Query().Get("watch") != "" {
			for i := range 3 {
				fmt.Fprintf(w, "{\"type\":\"ADDED\",\"object\":{\"n\":%d}}\n", i)
				_ = http.NewResponseController(w).Flush() // a client that is gone is no fault of ours
				time.Sleep(10 * time.Millisecond)
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"method":%q,"query":%q,"sent":%q}`, r.Method, r.URL.RawQuery, body)
	case farPath + "/endless":
		fmt.Fprint(w, "{}\n")
		_ = http.NewResponseController(w).Flush() // as above
		<-r.Context().Done()
	case farPath + "/elsewhere":
		http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusFound)
	case farPath + "/tunnel":
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := buffered.ReadString('\n')
		fmt.Fprint(conn, "heard "+line)
	default:
		http.NotFound(w, r)
	}
}

// service is the manifest of the APIService.
func (e *extension) service(port int) object {
	return object{"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": object{"name": "v1.far.dev"}, "spec": object{
		"group": "far.dev", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
		"caBundle": e.authority.PEM, "service": object{"namespace": "ext", "name": "far", "port": port},
	}}
}

func newAggregatingServer(t *testing.T, how handlers.Aggregation) *server {
	t.Helper()
	numbers := metrics.New(version.Info{})
	indexer := &codec.Indexer{}
	store := cache.New(numbers.Store(memory.New(memory.Options{})), cache.Options{Attributes: indexer.Attributes, Handed: numbers.Handed})
	s, err := handlers.New(handlers.Options{Store: store, Indexer: indexer, Authenticator: foreigner{}, Authorizer: authz.AlwaysAllow{}, Metrics: numbers, Aggregation: how})
	if err != nil {
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
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := &server{Server: s, t: t, store: store, http: h}
	if code, o := out.do("POST", "/api/v1/namespaces", object{"metadata": object{"name": "ext"}}); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	return out
}

// foreigner is a user of whom there is everything to tell.
type foreigner struct{}

func (foreigner) Authenticate(*http.Request) (*resource.UserInfo, error) {
	return &resource.UserInfo{Name: "ann", UID: "u-1", Groups: []string{"a", "b"}, Extra: map[string][]string{"example.com/x%": {"1", "2"}}}, nil
}

// condition waits until the APIService's condition has a reason.
func (s *server) condition(reason string) object {
	s.t.Helper()
	var last any
	for range 2000 {
		_, o := s.do("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.far.dev", nil)
		if conditions, ok := o.at("status", "conditions").([]any); ok && len(conditions) == 1 {
			last = conditions[0]
			if c := object(conditions[0].(map[string]any)); c["reason"] == reason {
				return c
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("no condition with the reason %s: %v", reason, last)
	return nil
}

// raw sends a request and returns its code, headers and body.
func (s *server) raw(method, path string, header http.Header, body string) (int, http.Header, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func externalName(port int) object {
	return object{"metadata": object{"name": "far"}, "spec": object{"type": "ExternalName", "externalName": "localhost", "ports": []any{object{"port": port}}}}
}

// TestAggregation: the group-version of another server comes, is served and found, says when it cannot be reached, and goes.
func TestAggregation(t *testing.T) {
	e := newExtension(t)
	s := newAggregatingServer(t, handlers.Aggregation{Certificate: func() *tls.Certificate { return e.front }})
	const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices"
	if code, o := s.do("POST", apiServices, e.service(e.port)); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	if c := s.condition("ServiceNotFound"); c["status"] != "False" || c["message"] != `service/far in "ext" is not present` {
		t.Error(c)
	}
	if code, _, text := s.raw("GET", farPath+"/planets", nil, ""); code != http.StatusServiceUnavailable || text != "service unavailable\n" {
		t.Error(code, text)
	}
	if code, o := s.do("POST", "/api/v1/namespaces/ext/services", externalName(e.port)); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	if c := s.condition("Passed"); c["status"] != "True" || c["message"] != "all checks passed" {
		t.Error(c)
	}

	aggregatedRequests(t, s, e)
	t.Run("discovery", func(t *testing.T) {
		list := http.Header{"Accept": {"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}}
		_, _, text := s.raw("GET", "/apis", list, "")
		if !strings.Contains(text, `"resource":"planets"`) || !strings.Contains(text, `"subresource":"status"`) || !strings.Contains(text, `"shortNames":["pl"]`) {
			t.Error("aggregated discovery lacks what the other server has")
		}
		if _, _, text := s.raw("GET", "/apis/far.dev", nil, ""); !strings.Contains(text, `"groupVersion":"far.dev/v1"`) {
			t.Error(text)
		}
		if _, _, text := s.raw("GET", farPath, nil, ""); !strings.Contains(text, `"name":"planets"`) {
			t.Error(text)
		}
		// What the other server says in another way later is found at the next look, which a change of the service brings.
		e.set(func() { e.aggregated = true })
		s.touch(1)
		s.eventually("stars", func() bool {
			_, _, text := s.raw("GET", "/apis", list, "")
			return strings.Contains(text, `"resource":"stars"`) && !strings.Contains(text, `"resource":"planets"`)
		})
	})
	t.Run("a server that fails", func(t *testing.T) {
		e.set(func() { e.broken = true })
		s.touch(2)
		want := fmt.Sprintf("failing or missing response from https://localhost:%[1]d%[2]s: bad status from https://localhost:%[1]d%[2]s: 500", e.port, farPath)
		if c := s.condition("FailedDiscoveryCheck"); c["status"] != "False" || c["message"] != want {
			t.Error(c["message"])
		}
		if code, _, _ := s.raw("GET", farPath+"/planets", nil, ""); code != http.StatusServiceUnavailable {
			t.Error(code)
		}
		e.set(func() { e.broken = false })
		s.condition("Passed")
	})
	t.Run("certificates", func(t *testing.T) {
		other := newExtension(t)
		if code, o := s.do("PATCH", apiServices+"/v1.far.dev", object{"spec": object{"caBundle": other.authority.PEM}}); code != http.StatusOK {
			t.Fatal(code, o)
		}
		if c := s.condition("FailedDiscoveryCheck"); !strings.Contains(fmt.Sprint(c["message"]), "certificate signed by unknown authority") {
			t.Error(c["message"])
		}
		if code, o := s.do("PATCH", apiServices+"/v1.far.dev", object{"spec": object{"caBundle": nil, "insecureSkipTLSVerify": true}}); code != http.StatusOK {
			t.Fatal(code, o)
		}
		s.condition("Passed")
	})
	t.Run("authorities that are none", func(t *testing.T) {
		if code, o := s.do("PATCH", apiServices+"/v1.far.dev", object{"spec": object{"caBundle": []byte("nonsense"), "insecureSkipTLSVerify": nil}}); code != http.StatusOK {
			t.Fatal(code, o)
		}
		s.eventually("requests are refused", func() bool {
			code, _, text := s.raw("GET", farPath+"/planets", nil, "")
			return code == http.StatusInternalServerError && strings.Contains(text, "unable to load root certificates")
		})
	})
	t.Run("end", func(t *testing.T) {
		if code, o := s.do("PATCH", apiServices+"/v1.far.dev", object{"spec": object{"caBundle": e.authority.PEM}}); code != http.StatusOK {
			t.Fatal(code, o)
		}
		s.eventually("it is served again", func() bool {
			code, _, _ := s.raw("GET", farPath+"/planets", nil, "")
			return code == http.StatusAccepted
		})
		if code, o := s.do("DELETE", apiServices+"/v1.far.dev", nil); code != http.StatusOK {
			t.Fatal(code, o)
		}
		s.eventually("not served any more", func() bool {
			code, _, _ := s.raw("GET", farPath+"/planets", nil, "")
			return code == http.StatusNotFound
		})
	})
}

// TestAggregatedStreamsEnd: a watch at another server ends with this one, for both sides.
func TestAggregatedStreamsEnd(t *testing.T) {
	e := newExtension(t)
	s := newAggregatingServer(t, handlers.Aggregation{Certificate: func() *tls.Certificate { return e.front }})
	for path, o := range map[string]object{"/api/v1/namespaces/ext/services": externalName(e.port), "/apis/apiregistration.k8s.io/v1/apiservices": e.service(e.port)} {
		if code, o := s.do("POST", path, o); code != http.StatusCreated {
			t.Fatal(code, o)
		}
	}
	s.condition("Passed")
	res, err := http.Get(s.http.URL + farPath + "/endless?watch=true")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	if line, err := in.ReadString('\n'); line != "{}\n" {
		t.Fatal(line, err)
	}
	began := time.Now()
	s.Close()
	if _, err := io.ReadAll(in); time.Since(began) > time.Second {
		t.Errorf("it took %v, %v", time.Since(began), err)
	}
}

// aggregatedRequests sends requests of all forms to the other server.
func aggregatedRequests(t *testing.T, s *server, e *extension) {
	t.Run("requests", func(t *testing.T) {
		forged := http.Header{"X-Remote-User": {"root"}, "X-Remote-Extra-Scopes": {"all"}, "X-Remote-Uid": {"0"}, "Authorization": {"Bearer x"}}
		code, header, text := s.raw("POST", farPath+"/planets?dryRun=All&a=%26", forged, "earth")
		if code != http.StatusAccepted || text != `{"method":"POST","query":"a=%26&dryRun=All","sent":"earth"}` || len(header["Audit-Id"]) != 1 {
			t.Error(code, text, header)
		}
		seen := e.header()
		for name, want := range map[string]string{
			"X-Remote-User": "[ann]", "X-Remote-Uid": "[u-1]", "X-Remote-Group": "[a b]", "X-Remote-Extra-Example.com%2fx%25": "[1 2]", "X-Remote-Extra-Scopes": "[]",
			"Authorization": "[]", "X-Forwarded-Uri": "[" + farPath + "/planets]", "Audit-Id": fmt.Sprint(header["Audit-Id"]),
		} {
			if got := fmt.Sprint(seen[http.CanonicalHeaderKey(name)]); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		if code, _, text := s.raw("GET", farPath+"/none", nil, ""); code != http.StatusNotFound || text != "404 page not found\n" {
			t.Error(code, text)
		}
		if code, _, text := s.raw("GET", farPath+"/elsewhere", nil, ""); code != http.StatusBadGateway || !strings.Contains(text, "attempted to redirect") {
			t.Error(code, text)
		}
		if code, _, text := s.raw("GET", farPath+"/planets?watch=true", nil, ""); code != http.StatusOK || strings.Count(text, "ADDED") != 3 {
			t.Error(code, text)
		}
	})
	t.Run("upgrades", func(t *testing.T) {
		conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s/tunnel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", farPath)
		in := bufio.NewReader(conn)
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(res, err)
		}
		fmt.Fprint(conn, "hello\n")
		if line, err := in.ReadString('\n'); line != "heard hello\n" {
			t.Error(line, err)
		}
		if got := e.header().Get("X-Remote-User"); got != "ann" {
			t.Errorf("the tunnel is %q's", got)
		}
	})
}

// touch changes the service that the APIService names.
func (s *server) touch(n int) {
	s.t.Helper()
	if code, o := s.do("PATCH", "/api/v1/namespaces/ext/services/far", object{"metadata": object{"labels": object{"n": fmt.Sprint(n)}}}); code != http.StatusOK {
		s.t.Fatal(code, o)
	}
}

// outward is an address of this machine that endpoints may have, which those of the loopback interface are not.
func outward(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address beside that of its loopback interface")
	return ""
}

// TestAggregatedServices: services with addresses must have the port and endpoints that are ready, and with routing by endpoints
// requests go to these.
func TestAggregatedServices(t *testing.T) {
	e := newExtension(t)
	s := newAggregatingServer(t, handlers.Aggregation{Certificate: func() *tls.Certificate { return e.front }, Endpoints: true})
	if code, o := s.do("POST", "/apis/apiregistration.k8s.io/v1/apiservices", e.service(443)); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	ports := func(n int) []any { return []any{object{"name": "api", "port": n, "targetPort": e.port}} }
	if code, o := s.do("POST", "/api/v1/namespaces/ext/services", object{"metadata": object{"name": "far"}, "spec": object{"ports": ports(80)}}); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	if c := s.condition("ServicePortError"); c["message"] != `service/far in "ext" is not listening on port 443` {
		t.Error(c)
	}
	if code, o := s.do("PATCH", "/api/v1/namespaces/ext/services/far", object{"spec": object{"ports": ports(443)}}); code != http.StatusOK {
		t.Fatal(code, o)
	}
	if c := s.condition("EndpointsNotFound"); c["message"] != `cannot find endpointslices for service/far in "ext"` {
		t.Error(c)
	}
	const path = "/apis/discovery.k8s.io/v1/namespaces/ext/endpointslices"
	slice := object{"metadata": object{"name": "x", "labels": object{"kubernetes.io/service-name": "far"}}, "addressType": "IPv4",
		"endpoints": []any{object{"addresses": []any{outward(t)}, "conditions": object{"ready": false}}}, "ports": []any{object{"name": "api", "port": e.port}}}
	if code, o := s.do("POST", path, slice); code != http.StatusCreated {
		t.Fatal(code, o)
	}
	if c := s.condition("MissingEndpoints"); c["message"] != `endpointslices for service/far in "ext" have no addresses with port name "api"` {
		t.Error(c)
	}
	slice["endpoints"] = []any{object{"addresses": []any{outward(t)}}}
	if code, o := s.do("PUT", path+"/x", slice); code != http.StatusOK {
		t.Fatal(code, o)
	}
	s.condition("Passed")
	if code, _, text := s.raw("GET", farPath+"/planets", nil, ""); code != http.StatusAccepted {
		t.Error(code, text)
	}
	// A local APIService instead: nothing is served elsewhere any more.
	b, err := json.Marshal(object{"spec": object{"service": nil, "caBundle": nil}})
	if err != nil {
		t.Fatal(err)
	}
	if code, o := s.do("PATCH", "/apis/apiregistration.k8s.io/v1/apiservices/v1.far.dev", string(b)); code != http.StatusOK {
		t.Fatal(code, o)
	}
	s.condition("Local")
	if code, _, _ := s.raw("GET", farPath+"/planets", nil, ""); code != http.StatusNotFound {
		t.Error(code)
	}
}

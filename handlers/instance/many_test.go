package instance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds waits for what must come; it is no promise.
const patience = time.Minute

// administrator is a client of a server, over HTTP/2 or over HTTP/1.1.
func administrator(t testing.TB, i *Instance, http2 bool) *http.Client {
	t.Helper()
	pair, err := i.certs.admin.TLS()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(i.certs.authority)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{*pair}}, ForceAttemptHTTP2: http2,
	}}
}

const configMaps = "/api/v1/namespaces/default/configmaps"

// create makes a config map and returns the status.
func create(t testing.TB, client *http.Client, at, name string) int {
	t.Helper()
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q}}`, name)
	resp, err := client.Post(at+configMaps, "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // only the status matters
	return resp.StatusCode
}

// use makes a config map and sees it come by a watch of each kind. The watches are still open when it returns; end waits for them.
func use(t testing.TB, i *Instance, name string) (end func()) {
	t.Helper()
	var watches sync.WaitGroup
	var clients []*http.Client
	for _, http2 := range []bool{true, false} {
		client := administrator(t, i, http2)
		clients = append(clients, client)
		resp, err := client.Get(i.URL() + configMaps + "?watch=true&resourceVersion=0&fieldSelector=metadata.name%3D" + name)
		if err != nil {
			t.Error(err)
			continue
		}
		if http2 {
			if code := create(t, client, i.URL(), name); code != http.StatusCreated {
				t.Errorf("creating %s: %d", name, code)
			}
		}
		lines := bufio.NewReader(resp.Body)
		if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, `"name":"`+name+`"`) {
			t.Errorf("the watch says %q, %v", line, err)
		}
		watches.Go(func() {
			defer resp.Body.Close()
			_, _ = io.Copy(io.Discard, lines) // it ends with the server
		})
	}
	return func() {
		watches.Wait()
		for _, c := range clients {
			c.CloseIdleConnections()
		}
	}
}

// left is what a process has that must not grow.
type left struct{ goroutines, files int }

func now(t testing.TB) left {
	t.Helper()
	l := left{goroutines: runtime.NumGoroutine()}
	if runtime.GOOS == "linux" {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		l.files = len(files)
	}
	return l
}

// settled waits until there is no more than before.
func settled(t testing.TB, before left) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		l := now(t)
		if l.goroutines <= before.goroutines && l.files <= before.files {
			return
		}
		if time.Now().After(end) {
			var stacks bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // a buffer takes everything
			t.Fatalf("left %+v, before %+v\n%s", l, before, stacks.String())
		}
	}
}

// freed says that nobody listens at an address any more.
func freed(t testing.TB, at net.Addr) {
	t.Helper()
	if c, err := net.Dial("tcp", at.String()); err == nil {
		_ = c.Close()
		t.Errorf("%v is still open", at)
	}
}

// asked is a webhook for tokens, and the kubeconfig that leads to it.
func asked(t *testing.T) (kubeconfig string, calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		_, _ = io.WriteString(w, `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":false}}`) // the server may have gone
	}))
	t.Cleanup(hook.Close)
	kubeconfig = filepath.Join(t.TempDir(), "webhook")
	text := fmt.Sprintf("{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q}}]}", hook.URL)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig, calls
}

// withToken asks a server with a token that only the webhook may know.
func withToken(t *testing.T, i *Instance) {
	t.Helper()
	client := administrator(t, i, true)
	defer client.CloseIdleConnections()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = nil
	r, err := http.NewRequest(http.MethodGet, i.URL()+"/api", nil)
	if err != nil {
		t.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer of-somebody")
	resp, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that nobody knows: %d", resp.StatusCode)
	}
}

// Two servers live in one process, with stores of their own, come and go together, and leave nothing.
func TestTwoServersAtOnce(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 10
	}
	target, dir := outside(t), t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	insecure := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	webhook, calls := asked(t)
	round := func(n int) {
		inside, beside := Default(), Default()
		inside.Storage.Backend = Embedded{Dir: filepath.Join(dir, "etcd"), UnsafeNoFsync: true}
		inside.SwaggerUI, inside.Serving.InsecurePort = true, insecure
		inside.Authentication.Webhook.File, inside.Authentication.Webhook.Version = webhook, "v1"
		inside.Audit.PolicyFile, inside.Audit.Path = policy, filepath.Join(dir, "audit.log")
		beside.Storage.Backend, beside.Cluster.Controllers = External{target}, nil
		if n%2 == 1 {
			beside.Storage.Backend = Memory{}
		}
		var servers [2]*Instance
		var running sync.WaitGroup
		for k, c := range []Config{inside, beside} {
			running.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				var err error
				if servers[k], err = Start(ctx, c); err != nil {
					t.Errorf("server %d: %v", k, err)
				}
			})
		}
		running.Wait()
		if t.Failed() {
			t.FailNow()
		}
		withToken(t, servers[0])
		for k, s := range servers {
			running.Go(func() {
				end := use(t, s, fmt.Sprintf("round-%d-of-%d", n, k))
				if err := s.Close(t.Context()); err != nil {
					t.Errorf("closing server %d: %v", k, err)
				}
				end()
				if err := s.Err(); err != nil {
					t.Errorf("server %d ended by itself: %v", k, err)
				}
				freed(t, s.Addresses().Secure)
			})
		}
		running.Wait()
		freed(t, servers[0].Addresses().Insecure)
	}
	round(0)
	round(1) // they make what a process makes once
	before := now(t)
	for n := 2; n < rounds+2 && !t.Failed(); n++ {
		round(n)
		if n%10 == 0 {
			settled(t, before)
		}
	}
	settled(t, before)
	if calls.Load() == 0 {
		t.Error("the webhook was not asked")
	}
}

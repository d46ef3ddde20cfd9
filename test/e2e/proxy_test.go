package e2e

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Through kubectl proxy the API is there without credentials, watches included.
func TestProxy(t *testing.T) {
	server := harness.Start(t)
	kubectl := server.Kubectl()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	proxy := kubectl.Command(ctx, "proxy", "--port=0")
	out, err := proxy.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = proxy.Wait() // it was killed
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "Starting to serve on ")
	if err != nil || !ok {
		t.Fatalf("the proxy says %q, %v", line, err)
	}
	a := api{"http://" + address, &http.Client{}}
	events := a.watch(ctx, t, inDefault+"?watch=true").events
	if code, b, err := a.do(ctx, http.MethodPost, inDefault, newConfigMap("through")); err != nil || code != http.StatusCreated {
		t.Fatalf("create: %d %s %v", code, b, err)
	}
	if e := <-events; e.Type != "ADDED" || e.Object.Metadata.Name != "through" {
		t.Errorf("the watch says %+v", e)
	}
	if code, message := ask(t, a, "/api/v1/namespaces/missing"); code != http.StatusNotFound || message != `namespaces "missing" not found` {
		t.Errorf("%d %q", code, message)
	}
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// SIGTERM arrives while watches are open, a request is half sent and writers are at work. The watches end properly, the
// half-sent request is answered, the server ends without an error, and nothing that it has acknowledged is lost.
func TestShutdown(t *testing.T) {
	server := harness.Start(t)
	a := api{server.URL, server.Client(harness.AdminToken)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	old := server.Transport()
	old.ForceAttemptHTTP2 = false
	old.TLSClientConfig.NextProtos = []string{"http/1.1"}
	old.ExpectContinueTimeout = time.Minute
	http1 := api{server.URL, &http.Client{Transport: withToken{old}}}
	var watches []*watch
	for range 10 {
		watches = append(watches, a.watch(ctx, t, inDefault+"?watch=true"), http1.watch(ctx, t, inDefault+"?watch=true"))
	}

	body, feed := io.Pipe()
	taken := make(chan struct{})
	answered := make(chan error, 1)
	go func() { answered <- http1.slowCreate(ctx, body, taken) }()
	<-taken // the server has begun to read the body
	half := len(newConfigMap("slow")) / 2
	if _, err := io.WriteString(feed, newConfigMap("slow")[:half]); err != nil {
		t.Fatal(err)
	}

	var group sync.WaitGroup
	var mu sync.Mutex
	var acknowledged []string
	reached := make(chan struct{})
	group.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			name := fmt.Sprintf("busy-%d", i)
			if code, _, err := a.do(ctx, http.MethodPost, inDefault, newConfigMap(name)); err != nil || code != http.StatusCreated {
				return
			}
			mu.Lock()
			acknowledged = append(acknowledged, name)
			if len(acknowledged) == 20 {
				close(reached)
			}
			mu.Unlock()
		}
	})
	<-reached
	server.Signal(syscall.SIGTERM)
	begun := time.Now()
	for i, w := range watches {
		for range w.events { // drain
		}
		if !errors.Is(w.err, io.EOF) {
			t.Errorf("watch %d did not end properly: %v", i, w.err)
		}
	}
	// Watches end before requests under way do: this one still can.
	if _, err := io.WriteString(feed, newConfigMap("slow")[half:]); err != nil {
		t.Fatal(err)
	}
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the request that was under way: %v", err)
	} else {
		acknowledged = append(acknowledged, "slow")
	}
	if code := server.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	// The promise is two seconds; the rest is for a machine that is busy with other tests.
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
	cancel()
	group.Wait()

	server.Restart()
	b := api{server.URL, server.Client(harness.AdminToken)}
	for _, name := range acknowledged {
		var object configMap
		b.get(t, inDefault+"/"+name, &object)
	}
}

// slowCreate sends a config map whose body comes when the test wants it. taken is closed when the server asks for the body.
func (a api) slowCreate(ctx context.Context, body io.Reader, taken chan struct{}) error {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got100Continue: func() { close(taken) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+inDefault, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Expect", "100-continue")
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return errors.New(answer.Status)
	}
	return nil
}

// A request that never ends does not keep the server from ending.
func TestShutdownWithStuckRequest(t *testing.T) {
	server := harness.Start(t)
	old := server.Transport()
	old.ForceAttemptHTTP2 = false
	old.ExpectContinueTimeout = time.Minute
	body, feed := io.Pipe()
	taken, answered := make(chan struct{}), make(chan error, 1)
	go func() {
		answered <- api{server.URL, &http.Client{Transport: withToken{old}}}.slowCreate(t.Context(), body, taken)
	}()
	<-taken
	server.Stop()
	if err := feed.Close(); err != nil { // the client waits for the rest of the body even now
		t.Fatal(err)
	}
	if err := <-answered; err == nil {
		t.Error("half a request was answered with success")
	}
}

type withToken struct{ next http.RoundTripper }

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+harness.AdminToken)
	return w.next.RoundTrip(r)
}

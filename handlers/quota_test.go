package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// A store over its quota is told by /readyz, not by /livez: reads and deletions go on, writes are refused in etcd's words.
func TestQuotaAlarm(t *testing.T) {
	backend, err := embedded.Open(t.Context(), embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true, QuotaBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s := loadingServer(t, backend)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if code, _, text := s.page("/readyz"); code != http.StatusOK {
		t.Fatalf("before: %d %s", code, text)
	}
	var refused int
	var answer object
	for i := 0; refused == 0 && i < 100; i++ {
		code, out := s.do("POST", configMaps, configMap("c"+strings.Repeat("x", i), strings.Repeat("v", 900<<10)))
		if code != http.StatusCreated {
			refused, answer = code, out
		}
	}
	if message, _ := answer["message"].(string); refused != http.StatusServiceUnavailable || !strings.Contains(message, "etcdserver: mvcc: database space exceeded") {
		t.Fatalf("%d %v", refused, answer)
	}
	// The alarm is raised by the refused write, a moment after its answer, and asked for again when a write is refused.
	var code int
	var text string
	for deadline := time.Now().Add(time.Minute); code != http.StatusInternalServerError; {
		if time.Now().After(deadline) {
			t.Fatal("the server stays ready")
		}
		s.do("POST", configMaps, configMap("more", "v"))
		code, _, text = s.page("/readyz?verbose")
	}
	for _, line := range []string{"[+]etcd ok", "[-]etcd-readiness failed: reason withheld", "[+]informer-sync ok"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in %s", line, text)
		}
	}
	for _, path := range []string{"/livez", "/healthz", "/readyz/etcd"} {
		if code, _, text := s.page(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if err := s.store.Ready(t.Context()); !errors.Is(err, storage.ErrNoSpace) {
		t.Errorf("the store says %v", err)
	}
	if code, out := s.do("GET", configMaps+"/c", nil); code != http.StatusOK {
		t.Errorf("reading: %d %v", code, out)
	}
	if code, out := s.do("DELETE", configMaps+"/c", nil); code != http.StatusOK {
		t.Errorf("deleting: %d %v", code, out)
	}
}

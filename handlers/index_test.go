package handlers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// Everything the index lists is there, and it lists what a client may look for.
func TestIndex(t *testing.T) {
	s := loadingServer(t, memory.New(memory.Options{}))
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, header, text := s.page("/")
	var list struct{ Paths []string }
	if err := json.Unmarshal([]byte(text), &list); err != nil || header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v %s", err, header.Get("Content-Type"))
	}
	if !slices.IsSorted(list.Paths) || len(slices.Compact(slices.Clone(list.Paths))) != len(list.Paths) {
		t.Errorf("not sorted, or not once each: %q", list.Paths)
	}
	for _, path := range list.Paths {
		if code, _, text := s.page(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	for _, want := range []string{"/api", "/api/v1", "/apis/apps", "/apis/apps/v1", "/healthz", "/livez/etcd", "/readyz/informer-sync", "/version"} {
		if !slices.Contains(list.Paths, want) {
			t.Errorf("%s is not listed", want)
		}
	}
	if _, _, other := s.page("/index.html"); other != text {
		t.Error("/index.html is another page")
	}
	for _, path := range []string{"/index.html/x", "/metrics/", "/metrics/x", "/x", "//"} {
		if code, _, _ := s.page(path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}

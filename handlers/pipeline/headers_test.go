package pipeline

import (
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
)

func TestHeaders(t *testing.T) {
	answer := func(sent string) (id string, cache []string) {
		r := httptest.NewRequest("GET", "/api", nil)
		if sent != "" {
			r.Header.Set("Audit-Id", sent)
		}
		w := httptest.NewRecorder()
		if err := Headers(func(r *Request) error {
			r.Writer.Header().Add("Cache-Control", "max-age=1")
			return nil
		})(NewRequest(w, r, Info{})); err != nil {
			t.Fatal(err)
		}
		return w.Header().Get("Audit-Id"), w.Header().Values("Cache-Control")
	}
	if id, _ := answer("mine"); id != "mine" {
		t.Errorf("the client's id became %q", id)
	}
	seen := map[string]bool{}
	for range 100 {
		text, cache := answer("")
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 || seen[text] {
			t.Fatalf("%s: %v, version %d, seen %v", text, err, id.Version(), seen[text])
		}
		seen[text] = true
		// What one answer adds is no other's.
		if len(cache) != 2 || cache[0] != "no-cache, private" {
			t.Fatalf("%q", cache)
		}
	}
}

package verb

import (
	"net/http/httptest"
	"testing"
)

// Whether a list is compressed depends on what is answered, not on what is stored.
func TestLargeIsTheAnswer(t *testing.T) {
	f := newFixture(t, 100)
	for accept, want := range map[string]string{
		jsonAccept: "gzip", protoAccept: "gzip", jsonAccept + metaAccept: "", protoAccept + metaAccept: "",
	} {
		for range 3 {
			w := httptest.NewRecorder()
			if err := f.handlers.list(f.request(t.Context(), w, "/api/v1/pods", accept, "gzip")); err != nil {
				t.Fatal(err)
			}
			if got := w.Header().Get("Content-Encoding"); got != want {
				t.Errorf("%s: encoding %q of %d bytes, want %q", accept, got, w.Body.Len(), want)
			}
		}
	}
}

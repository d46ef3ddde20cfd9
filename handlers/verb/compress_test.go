package verb

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

func TestAcceptsGzip(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip": true, "gzip;q=0.5,identity": false, "gzip;q=0": false, "gzip; q=0": false, "deflate": false, "xgzip": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {value}}); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestCompressor(t *testing.T) {
	for _, c := range []struct {
		name   string
		accept string
		size   int
		zipped bool
	}{
		{"small", "gzip", 1000, false},
		{"just not", "gzip", compressFrom, false},
		{"large", "gzip", compressFrom + 1, true},
		{"large, not accepted", "", 4 * compressFrom, false},
		{"nothing", "gzip", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			req := httptest.NewRequest("GET", "/", nil)
			req.Header.Set("Accept-Encoding", c.accept)
			body := compressed(pipeline.NewRequest(w, req, pipeline.Info{}))
			body.code = http.StatusCreated
			want := bytes.Repeat([]byte("0123456789abcdef"), c.size/16+1)[:c.size]
			for rest := want; len(rest) > 0; {
				n := min(len(rest), 60000)
				if _, err := body.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := body.Close(); err != nil {
				t.Fatal(err)
			}
			var got io.Reader = w.Body
			if zipped := w.Header().Get("Content-Encoding") == "gzip"; zipped != c.zipped {
				t.Fatalf("compressed: %v", zipped)
			} else if zipped {
				var err error
				if got, err = gzip.NewReader(w.Body); err != nil {
					t.Fatal(err)
				}
			}
			b, err := io.ReadAll(got)
			if err != nil || !bytes.Equal(b, want) || w.Code != http.StatusCreated {
				t.Errorf("%d bytes of %d, status %d, %v", len(b), len(want), w.Code, err)
			}
		})
	}
}

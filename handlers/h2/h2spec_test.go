package h2

import (
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestConformance runs h2spec (github.com/summerwind/h2spec) where it is installed: all of its cases, the strict ones included.
func TestConformance(t *testing.T) {
	program, err := exec.LookPath("h2spec")
	if err != nil {
		t.Skip("h2spec is not installed")
	}
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil { // or the answer is complete before the fault is seen
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(make([]byte, 100))
	}, Options{}, false)
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "--host", "127.0.0.1", "--port", port, "--tls", "--insecure", "--strict").CombinedOutput()
	if err != nil || !strings.Contains(string(out), " 0 skipped, 0 failed") {
		if _, failures, found := strings.Cut(string(out), "Failures:"); found {
			out = []byte(failures)
		}
		t.Errorf("%v\n%s", err, out)
	}
}

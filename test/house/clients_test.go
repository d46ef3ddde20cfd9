package house

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestClientsAreSmall: whoever clones the repository gets the clients with it.
func TestClientsAreSmall(t *testing.T) {
	const maxFiles, maxBytes, maxPacked = 800, 5_000_000, 800_000
	list := exec.Command("git", "ls-files", "-z", "clients")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packed, bytes int64
	counted := writer(func(p []byte) { packed += int64(len(p)) })
	pack, err := gzip.NewWriterLevel(counted, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for _, path := range files {
		f, err := os.Open(filepath.Join("../..", path))
		if os.IsNotExist(err) {
			continue // deleted, and not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(pack, f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		bytes += n
	}
	if err := pack.Close(); err != nil {
		t.Fatal(err)
	}
	if len(files) > maxFiles || bytes > maxBytes || packed > maxPacked {
		t.Errorf("clients/ has %d files, %d bytes, %d packed; no more than %d, %d and %d", len(files), bytes, packed, maxFiles, maxBytes, maxPacked)
	}
	if len(files) < 200 {
		t.Errorf("clients/ has only %d files", len(files))
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// ourBinary is our server under a name of the run's own: the cache of the tests forgets old builds, and a run is long. It
// is linked where that can be done, because the kernel maps more of a file that was just written in one piece than of one
// that the compiler wrote (18 MB more were resident), and upstream's is no copy either.
func ourBinary(b *testing.B) string {
	b.Helper()
	built := harness.Binary(b)
	if programs == "" {
		dir, err := os.MkdirTemp("", "gatehouse-bench-")
		if err != nil {
			b.Fatal(err)
		}
		programs = dir
	}
	path := filepath.Join(programs, "kube-apiserver")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if os.Link(built, path) == nil {
		return path
	}
	content, err := os.ReadFile(built)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

// candidate is a server to measure, and the column for it.
type candidate struct {
	column
	server
}

// candidates are ours and, if it is at hand, upstream.
func candidates(b *testing.B, c *certificates) []candidate {
	b.Helper()
	list := []candidate{{ownPods, ours(ourBinary(b), c)}}
	if asked.binaries != "" {
		list = append(list, candidate{theirs, original(asked.binaries, c)})
	}
	return list
}

// withOriginalsPods are ours, on a store that upstream filled: with it inside, and with upstream's etcd.
func withOriginalsPods(b *testing.B, c *certificates) []candidate {
	b.Helper()
	if asked.binaries == "" {
		return nil
	}
	return []candidate{{samePods, ours(ourBinary(b), c)}, {sameAndOther, outside(ourBinary(b), asked.binaries, c)}}
}

func newCertificates(b *testing.B) *certificates {
	b.Helper()
	c, err := makeCertificates(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return c
}

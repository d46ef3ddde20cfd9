// Package harness runs the real server binary, and the real kubectl against it, in tests. Each server is a process of its
// own with its data in the test's temporary folder, so that it can be killed, restarted and run beside others.
package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// ServerVariable names the server binary to test in place of one that is built from the sources.
const ServerVariable = "KUBE_APISERVER"

var server = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(ServerVariable); path != "" {
		return path, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	return Build(root)
})

// Binary is the path of the server, built when it is first asked for.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root is the folder of the module that the working directory is in.
func Root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// Build builds the server of the module at root. The result lies in the cache under the sum of its content: equal sources
// share one file, and a file that some test runs is never written to.
func Build(root string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", fmt.Errorf("folder to build in: %w", err)
	}
	defer os.RemoveAll(work)
	out := filepath.Join(work, "kube-apiserver")
	if err := run(root, "go", "build", "-o", out, "./cmd/kube-apiserver"); err != nil {
		return "", err
	}
	sum, err := sum(out)
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "kube-apiserver-"+sum)
	if err := os.Rename(out, path); err != nil {
		return "", fmt.Errorf("keep the server: %w", err)
	}
	return path, forget(cache, "kube-apiserver-*")
}

// keep is how many builds of a program stay in the cache.
const keep = 4

// forget removes the oldest builds. One that still runs goes on running.
func forget(cache, pattern string) error {
	files, err := filepath.Glob(filepath.Join(cache, pattern))
	if err != nil {
		return err
	}
	for len(files) > keep {
		oldest := 0
		for i := range files {
			if older(files[i], files[oldest]) {
				oldest = i
			}
		}
		if err := os.Remove(files[oldest]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove an old build: %w", err)
		}
		files = append(files[:oldest], files[oldest+1:]...)
	}
	return nil
}

// older says whether a was built before b. What another run has removed meanwhile is the oldest.
func older(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX != nil || errY != nil {
		return errX != nil
	}
	return x.ModTime().Before(y.ModTime())
}

// cacheDir is where programs are kept between runs of the tests.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "gatehouse-test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cache of the tests: %w", err)
	}
	return dir, nil
}

func sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// run runs a command in a folder. Its error has what the command printed.
func run(dir, name string, args ...string) error {
	command := exec.Command(name, args...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

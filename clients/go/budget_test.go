package kube_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBudget: a program that lists pods is small, and is built of nothing that it does not need.
func TestBudget(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", "./internal/list").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, deps)
	}
	for dep := range strings.Lines(string(deps)) {
		for _, no := range []string{"k8s.io/client-go", "k8s.io/api/", "go.etcd.io", "github.com/labstack/echo", "google.golang.org"} {
			if strings.HasPrefix(dep, no) {
				t.Errorf("it is built of %s", dep)
			}
		}
	}
	binary := filepath.Join(t.TempDir(), "list")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./internal/list")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if size := info.Size(); size > 9_500_000 {
		t.Errorf("it has %d bytes, more than 9.5 MB", size)
	}
	run := exec.Command(binary)
	run.Env = append(os.Environ(), "KUBECONFIG="+server(t).kubeconfig)
	if out, err := run.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), " pods\n") {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%d bytes", info.Size())
}

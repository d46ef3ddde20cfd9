package controlplane

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// program finds one of the reference's, or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("REF_BIN")
	if dir == "" {
		t.Skip("REF_BIN names no folder with the reference's programs")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference is not here: %v", err)
	}
	return path
}

// run starts a program, which ends with the test.
func run(t *testing.T, path string, args ...string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), filepath.Base(path)+".log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // how it ends is told by its log
		close(ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended already
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = c.Process.Kill() // as above
			<-ended
		}
		if t.Failed() {
			if b, err := os.ReadFile(log); err == nil {
				t.Logf("%s ends with\n%s", filepath.Base(path), b[max(0, len(b)-4000):])
			}
		}
	})
}

// stages are what kwok's nodes and pods go through; they lie in its module.
var stages = []string{
	"node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease", "pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete",
}

// kwokConfig joins the stages to one file.
func kwokConfig(t *testing.T) string {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, stage := range stages {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(cache)), "sigs.k8s.io/kwok@v0.8.0/kustomize/stage", stage+".yaml"))
		if err != nil {
			t.Skipf("kwok's stages are not here: %v", err)
		}
		all.Write(b)
		all.WriteString("\n---\n")
	}
	path := filepath.Join(t.TempDir(), "kwok.yaml")
	if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// start makes a cluster with three nodes on this server. kwok has those nodes alone.
func start(t *testing.T) *harness.Kubectl {
	manager, scheduler, kwok, config := program(t, "kube-controller-manager"), program(t, "kube-scheduler"), program(t, "kwok"), kwokConfig(t)
	s := harness.Start(t, "--enable-admission-plugins=NodeRestriction", "--service-cluster-ip-range=10.0.0.0/16")
	access := []string{"--kubeconfig=" + s.Kubeconfig(), "--authentication-kubeconfig=" + s.Kubeconfig(), "--authorization-kubeconfig=" + s.Kubeconfig(), "--bind-address=127.0.0.1"}
	run(t, manager, append(access, "--secure-port="+harness.FreePort(t), "--cert-dir="+t.TempDir(), "--use-service-account-credentials", "--root-ca-file="+s.CA(),
		"--service-account-private-key-file="+filepath.Join(s.DataDir, "pki", "sa.key"), "--node-monitor-grace-period=12s")...)
	run(t, scheduler, append(access, "--secure-port="+harness.FreePort(t), "--cert-dir="+t.TempDir())...)
	run(t, kwok, "--config="+config, "--kubeconfig="+s.Kubeconfig(), "--manage-all-nodes=false", "--manage-nodes-with-label-selector=type=kwok",
		"--server-address=127.0.0.1:"+harness.FreePort(t), "--node-lease-duration-seconds=40")
	k := s.Kubectl()
	b, err := os.ReadFile("testdata/nodes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	k.OKIn(string(b), "apply", "-f", "-")
	return k
}

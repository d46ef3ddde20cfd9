package golden_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/gatehouse-dev/gatehouse/test/golden"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// replay sends every script that a pattern finds, or those of them that are wanted, each as a test of its own.
func replay(t *testing.T, pattern string, at golden.Target, which ...func(*golden.Script) bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			// What looks at all groups comes before the others, which define some.
			if at.Compact == nil && !strings.HasPrefix(name, "discovery-") && name != "openapi" {
				t.Parallel()
			}
			script, err := golden.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, wanted := range which {
				if !wanted(script) {
					return
				}
			}
			golden.Replay(t, at, script)
		})
	}
}

// TestGolden replays every recorded conversation with our server. Each has a namespace of its own, so they share a server
// and run side by side.
func TestGolden(t *testing.T) {
	server := harness.Start(t, "--authorization-mode=Node,RBAC", harness.WithoutPlugins, "--enable-admission-plugins=NodeRestriction") // as the reference ran
	replay(t, "*.txt", golden.Target{URL: server.URL, Client: golden.TokenClient(server.Transport(), harness.AdminToken)})
}

// TestGoldenOfPlugins replays the conversations about admission plugins, with those that each script names.
func TestGoldenOfPlugins(t *testing.T) {
	const pattern = "admission/*.txt"
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]bool{}
	for _, file := range files {
		script, err := golden.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if script.Plugins == "" {
			t.Errorf("%s names no plugins", file)
		}
		sets[script.Plugins] = true
	}
	for plugins := range sets {
		server := harness.Start(t, "--authorization-mode=Node,RBAC", "--enable-admission-plugins="+plugins)
		at := golden.Target{URL: server.URL, Client: golden.TokenClient(server.Transport(), harness.AdminToken)}
		replay(t, pattern, at, func(s *golden.Script) bool { return s.Plugins == plugins })
	}
}

// gates are what kinds and versions need that are off by default.
const gates = "ClusterTrustBundle=true,ClusterTrustBundleProjection=true,PodCertificateRequest=true,DRAResourcePoolStatus=true,DRADeviceTaintRules=true," +
	"DRAConsumableCapacity=true,DRAListTypeAttributes=true,DRANodeAllocatableResources=true"

// TestGoldenOfAllVersions replays the conversations about kinds and versions that are off by default.
func TestGoldenOfAllVersions(t *testing.T) {
	server := harness.Start(t, "--authorization-mode=Node,RBAC", harness.WithoutPlugins, "--runtime-config=api/all=true", "--feature-gates="+gates) // as the reference ran
	replay(t, filepath.Join("allversions", "*.txt"), golden.Target{URL: server.URL, Client: golden.TokenClient(server.Transport(), harness.AdminToken)})
}

// TestGoldenWithAllGates replays what feature gates allow; gates-off.txt has the same requests without them.
func TestGoldenWithAllGates(t *testing.T) {
	server := harness.Start(t, "--authorization-mode=Node,RBAC", harness.WithoutPlugins, "--runtime-config=api/all=true", "--feature-gates=AllAlpha=true,AllBeta=true") // as the reference ran
	replay(t, filepath.Join("gateson", "*.txt"), golden.Target{URL: server.URL, Client: golden.TokenClient(server.Transport(), harness.AdminToken)})
}

// TestGoldenForgetting replays the conversations about history that is no more, one after the other. Our server remembers
// the newest of it by itself, also what its etcd has compacted, so it is started anew as well.
func TestGoldenForgetting(t *testing.T) {
	dir, err := os.MkdirTemp("", "") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := "unix:" + filepath.Join(dir, "s")
	server := harness.Start(t, "--authorization-mode=Node,RBAC", harness.WithoutPlugins, "--etcd-listen-client="+socket)
	forget := func(ctx context.Context, revision int64) (string, error) {
		etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{socket}, Logger: zap.NewNop()})
		if err != nil {
			return "", err
		}
		defer etcd.Close()
		if _, err := etcd.Compact(ctx, revision); err != nil {
			return "", fmt.Errorf("compact to %d: %w", revision, err)
		}
		server.Stop()
		server.Restart()
		return server.URL, nil
	}
	client := golden.TokenClient(server.Transport(), harness.AdminToken)
	replay(t, filepath.Join("forgetting", "*.txt"), golden.Target{URL: server.URL, Client: client, Compact: forget})
}

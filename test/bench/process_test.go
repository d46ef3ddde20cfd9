package bench

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// A server of the benchmarks starts with what they give it, goes on with its data, and leaves nothing behind.
func TestProcess(t *testing.T) {
	c, err := makeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := ours(harness.Binary(t), c, "--unsafe-no-fsync")(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	for _, end := range []func() error{p.shutdown, p.stop} {
		if _, err := p.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := p.memory("VmRSS")
		if err != nil {
			t.Fatal(err)
		}
		anonymous, err := p.memory("RssAnon")
		if err != nil {
			t.Fatal(err)
		}
		if anonymous <= 0 || anonymous >= all {
			t.Errorf("%v bytes of %v are anonymous", anonymous, all)
		}
		pid := p.pids()
		if err := end(); err != nil {
			t.Error(err)
		}
		if exists("/proc/"+pid) || p.pids() != "" {
			t.Errorf("process %s is still there", pid)
		}
	}
	// The store is where that of upstream lies, so that it can be given to another server.
	copied := t.TempDir()
	if err := copyStore(p.dir, copied); err != nil {
		t.Fatal(err)
	}
	if !exists(filepath.Join(copied, "etcd", "member", "snap", "db")) {
		t.Error("the copy has no database")
	}
}

// A server that does not come up tells what it said, and one that ended is not waited for.
func TestNotReady(t *testing.T) {
	for script, want := range map[string]string{
		"echo thinking; exec sleep 600": "it is not ready: context canceled\nthinking",
		"echo no such flag; exit 1":     "it ended by itself\nno such flag",
	} {
		program := filepath.Join(t.TempDir(), "server")
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		p := &process{name: "it", dir: t.TempDir(), port: 1, commands: [][]string{{program}}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for ctx.Err() == nil {
				if b, err := os.ReadFile(p.log(program)); err == nil && string(b) == "thinking\n" {
					cancel()
				}
				time.Sleep(time.Millisecond)
			}
		}()
		if _, err := p.start(ctx); err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
		ended := !p.alive()
		if err := p.stop(); (err != nil) != ended {
			t.Errorf("it had ended: %v, but stop says %v", ended, err)
		}
	}
}

package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// writerDir tells this test binary, started by itself, to be the server that is killed.
const writerDir = "EMBEDDED_TEST_WRITE_TO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, write(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write creates keys from several goroutines and prints each once it is acknowledged, until the process is killed.
func write(dir string) error {
	ctx := context.Background()
	s, err := embedded.Open(ctx, embedded.Options{DataDir: dir, Store: etcd.Options{Prefix: etcd.DefaultPrefix}})
	if err != nil {
		return err
	}
	base, err := s.Revision(ctx)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("/k/%d-%d-%d", base, w, i)
				revision, err := s.Create(ctx, key, []byte(strings.Repeat(key, 40)), 0)
				if err != nil {
					failed <- err
					return
				}
				// One write of less than a page: a line is printed whole or not at all.
				os.Stdout.WriteString(fmt.Sprintf("%s %d\n", key, revision))
			}
		}()
	}
	return <-failed
}

// TestKill kills a writing server without warning, again and again over one directory. Everything it acknowledged must be
// there after each restart, with its revision; a torn end of the log must not stop the restart.
func TestKill(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	acknowledged := map[string]int64{}
	for round := range rounds {
		killWhileWriting(t, dir, 150*(round+1), acknowledged)
		s := open(t, embedded.Options{DataDir: dir})
		list, err := s.List(t.Context(), "/k/", storage.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]storage.KeyValue{}
		for _, kv := range list.Items {
			have[kv.Key] = kv
		}
		for key, revision := range acknowledged {
			if kv := have[key]; kv.Revision != revision || string(kv.Value) != strings.Repeat(key, 40) {
				t.Fatalf("round %d: %s was acknowledged at %d and is now at %d with %d bytes", round, key, revision, kv.Revision, len(kv.Value))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWhileWriting lets a child write until it has acknowledged some keys more.
func killWhileWriting(t *testing.T, dir string, keys int, acknowledged map[string]int64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	seen := 0
	for ; lines.Scan(); seen++ {
		var key string
		var revision int64
		if _, err := fmt.Sscan(lines.Text(), &key, &revision); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		acknowledged[key] = revision
		if seen == keys {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || seen <= keys {
		t.Fatalf("the child ended by itself after %d keys: %v", seen, err)
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, embedded.Options{DataDir: dir})
	var last int64
	for i := range 50 {
		var err error
		if last, err = s.Create(t.Context(), fmt.Sprintf("/k/%d", i), []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, embedded.Options{DataDir: dir})
	list, err := s.List(t.Context(), "/k/", storage.ListOptions{Revision: last})
	if err != nil || len(list.Items) != 50 {
		t.Fatalf("%d of 50 keys, %v", len(list.Items), err)
	}
	if next, err := s.Create(t.Context(), "/k/next", nil, 0); err != nil || next <= last {
		t.Fatalf("the next write is at %d after %d, %v", next, last, err)
	}
}

func TestSecondServer(t *testing.T) {
	dir := t.TempDir()
	first := open(t, embedded.Options{DataDir: dir, UnsafeNoFsync: true})
	_, err := embedded.Open(t.Context(), embedded.Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Fatalf("got %v, want an error that names the directory and the process", err)
	}
	if err := first.Ready(t.Context()); err != nil {
		t.Fatalf("the first server suffered: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, embedded.Options{DataDir: dir, UnsafeNoFsync: true})
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, embedded.Options{DataDir: dir, UnsafeNoFsync: true})
	for _, path := range []string{dir, filepath.Join(dir, "member")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestRefusals(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	broken := filepath.Join(t.TempDir(), "broken")
	breakLog(t, broken, func(log []byte) []byte {
		// Inside the second record, which names the member: its length stays right, its checksum does not.
		for i := range 8 {
			log[32+i] ^= 0xff
		}
		return log
	})
	short := filepath.Join(t.TempDir(), "short")
	breakLog(t, short, func(log []byte) []byte { return log[:2000] })
	empty := filepath.Join(t.TempDir(), "empty")
	breakLog(t, empty, func([]byte) []byte { return nil })
	lost := filepath.Join(t.TempDir(), "lost")
	breakLog(t, lost, func(log []byte) []byte { return log })
	if err := os.RemoveAll(filepath.Join(lost, "member", "wal")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		o    embedded.Options
		want string
	}{
		"no directory":     {t.Context(), embedded.Options{}, "no data directory"},
		"a file":           {t.Context(), embedded.Options{DataDir: occupied}, "not a directory"},
		"an ended context": {ended, embedded.Options{DataDir: t.TempDir()}, "context canceled"},
		"a public address": {t.Context(), embedded.Options{DataDir: t.TempDir(), Listen: "0.0.0.0:0"}, "loopback"},
		"a file as socket": {t.Context(), embedded.Options{DataDir: t.TempDir(), Listen: "unix:" + occupied}, "no socket"},
		"a broken log":     {t.Context(), embedded.Options{DataDir: broken}, "embedded etcd in " + broken},
		"a short log":      {t.Context(), embedded.Options{DataDir: short}, "a part of the log is lost"},
		"an empty log":     {t.Context(), embedded.Options{DataDir: empty}, "damaged files"},
		"no log":           {t.Context(), embedded.Options{DataDir: lost}, "a part of the log is lost"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := embedded.Open(c.ctx, c.o)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// breakLog leaves a directory whose log was changed, as no kill can do and no restart may pass over.
func breakLog(t *testing.T, dir string, change func([]byte) []byte) {
	t.Helper()
	s := open(t, embedded.Options{DataDir: dir, UnsafeNoFsync: true})
	for i := range 20 {
		if _, err := s.Create(t.Context(), fmt.Sprintf("/k/%d", i), []byte("value"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "member", "wal", "*.wal"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no log in %s: %v", dir, err)
	}
	log, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(segments[0], change(log), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenIsBounded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := embedded.Open(ctx, embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true})
	if err != nil {
		t.Fatal(err)
	}
	// The context is for opening only.
	cancel()
	if _, err := s.Create(t.Context(), "/a", nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// A store and its watches outlive an etcd that goes away and comes back: the watch goes on where it was.
func TestEtcdRestarts(t *testing.T) {
	dir := t.TempDir()
	stop, address := runEtcd(t, dir, "127.0.0.1:0", 0)
	s := dial(t, address, etcd.Options{Prefix: "/p"})
	first, err := s.Create(t.Context(), "/a", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Watch(t.Context(), "/", first-1)
	if err != nil {
		t.Fatal(err)
	}
	next := func() storage.Event {
		for e := range w.Events() {
			if e.Type != storage.Bookmark {
				return e
			}
		}
		t.Fatalf("the watch ended: %v", w.Err())
		return storage.Event{}
	}
	if got := next(); got.Revision != first {
		t.Fatalf("got %+v", got)
	}
	stop()
	down, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Ready(down); err == nil {
		t.Fatal("ready without an etcd")
	}
	runEtcd(t, dir, strings.TrimPrefix(address, "http://"), 0)
	var last int64
	for last == 0 {
		last, err = s.Create(t.Context(), "/b", []byte("2"), 0)
		if err != nil && !errors.Is(err, storage.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if got := next(); got.Key != "/b" || got.Revision != last {
		t.Fatalf("got %+v, want /b at %d", got, last)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An etcd that comes back from an older backup: who feeds on it has to begin anew, nothing that is void is shown, and what is
// written then is told.
func TestEtcdGoesBack(t *testing.T) {
	dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	stop, address := runEtcd(t, dir, "127.0.0.1:0", 0)
	s := dial(t, address, etcd.Options{Prefix: "/p"})
	before := create(t, s, "/kept")
	stop()
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(address, "http://")
	stop, _ = runEtcd(t, dir, host, 0)
	told := make(chan int64, 100)
	follow := func(from int64) <-chan error {
		ended := make(chan error, 1)
		go func() {
			ended <- s.Feed(t.Context(), from, func(_ []storage.Event, through int64) error {
				told <- through
				return nil
			})
		}()
		return ended
	}
	ended := follow(before)
	var lost int64
	for n := range 10 {
		lost = create(t, s, fmt.Sprint("/lost/", n))
	}
	for through := range told {
		if through >= lost {
			break
		}
	}
	stop()
	runEtcd(t, backup, host, 0)
	// A read that was refused makes the feed end, and those after it are refused until it has.
	if now, err := s.Revision(within(t)); !errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "went back in time") {
		t.Errorf("revision %d, %v", now, err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "went back in time") {
		t.Errorf("the feed ended: %v", err)
	}
	now, err := s.Revision(within(t))
	if err != nil || now >= lost {
		t.Fatalf("revision %d after %d, %v", now, lost, err)
	}
	follow(now)
	next := create(t, s, "/next")
	for through := range told {
		if through == next {
			break
		}
	}
	if err := s.Ready(within(t)); err != nil {
		t.Error(err)
	}
}

// Over its quota etcd takes deletions and reads only, and the store says so.
func TestQuota(t *testing.T) {
	_, address := runEtcd(t, t.TempDir(), "127.0.0.1:0", 4<<20)
	s := dial(t, address, etcd.Options{Prefix: "/p"})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	value := []byte(strings.Repeat("v", 1<<20))
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		_, err = s.Create(t.Context(), fmt.Sprintf("/%d", n), value, 0)
	}
	if !errors.Is(err, storage.ErrNoSpace) {
		t.Fatalf("got %v after %d megabytes, want ErrNoSpace", err, n)
	}
	// The alarm is raised by the refused write, a moment after its answer.
	for err = nil; err == nil; {
		_, write := s.Create(t.Context(), "/more", value, 0)
		if !errors.Is(write, storage.ErrNoSpace) {
			t.Fatalf("got %v, want ErrNoSpace", write)
		}
		err = s.Ready(t.Context())
	}
	if !errors.Is(err, storage.ErrNoSpace) {
		t.Fatalf("ready says %v, want ErrNoSpace", err)
	}
	if _, _, err := s.Get(t.Context(), "/0"); err != nil {
		t.Fatalf("reading: %v", err)
	}
	if _, err := storage.Update(t.Context(), s, "/0", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatalf("deleting: %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	s := dial(t, "http://127.0.0.1:1", etcd.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := s.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
}

func TestDialRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		target etcd.Target
		want   string
	}{
		"no servers":      {etcd.Target{}, "no etcd servers"},
		"half a key pair": {etcd.Target{Servers: []string{"https://x:1"}, CertFile: "c"}, "both"},
		"a missing CA":    {etcd.Target{Servers: []string{"https://x:1"}, CAFile: "/does/not/exist"}, "etcd client TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := etcd.Dial(c.target, etcd.Options{})
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Two servers on one etcd, each with its loop: history is dropped, and what is stored is not.
func TestCompaction(t *testing.T) {
	address := startEtcd(t)
	o := etcd.Options{Prefix: "/p", CompactInterval: 50 * time.Millisecond}
	a, b := dial(t, address, o), dial(t, address, o)
	old, err := a.Create(t.Context(), "/a", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := b.List(t.Context(), "/", storage.ListOptions{Revision: old}); errors.Is(err, storage.ErrCompacted) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if kv, _, err := b.Get(t.Context(), "/a"); err != nil || kv.Revision != old {
		t.Fatalf("got %+v, %v", kv, err)
	}
}

package embedded

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

func TestMapped(t *testing.T) {
	const file = "/data/member/snap/db"
	for line, want := range map[string]string{
		"7fd6b5a00000-7fd8f5a00000 r--s 00000000 fe:00 10554423                   /data/member/snap/db":           "7fd6b5a00000-7fd8f5a00000",
		"7fd6b5a00000-7fd8f5a00000 r--p 00000000 fe:00 10554423                   /data/member/snap/db":           "",
		"7fd6b5a00000-7fd8f5a00000 rw-s 00000000 fe:00 10554423                   /data/member/snap/db":           "",
		"7fd6b5a00000-7fd8f5a00000 r--s 00000000 fe:00 10554423                   /data/member/snap/db (deleted)": "",
		"7fd6b5a00000-7fd8f5a00000 r--s 00000000 fe:00 10554423                   /other/data/member/snap/db":     "",
		"7fd6b5a00000 r--s 00000000 fe:00 10554423                   /data/member/snap/db":                        "",
		"c000000000-c000400000 rw-p 00000000 00:00 0":                                                             "",
		"": "",
	} {
		got := ""
		if from, to, ok := mapped(line, file); ok {
			got = fmt.Sprintf("%x-%x", from, to)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// resident is how many kB of a file are mapped and in memory.
func resident(t *testing.T, file string) (kB int) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(smaps)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case strings.Contains(name, "-"):
			inside = strings.HasSuffix(strings.TrimSpace(line), " "+file)
		case inside && name == "Rss":
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			kB += n
		}
	}
	return kB
}

func fill(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		if _, err := s.Create(t.Context(), fmt.Sprintf("/a/%04d", i), content(i), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func content(i int) []byte { return bytes.Repeat([]byte{byte(i), 'x'}, 16<<10) }

func check(t *testing.T, s *Store, n int) {
	t.Helper()
	all, err := s.List(t.Context(), "/a/", storage.ListOptions{})
	if err != nil || len(all.Items) != n {
		t.Fatalf("%d objects, want %d: %v", len(all.Items), n, err)
	}
	for i, kv := range all.Items {
		if !bytes.Equal(kv.Value, content(i)) {
			t.Fatalf("%s has another value than was written", kv.Key)
		}
	}
}

// After a start everything that etcd read is mapped; when the follower of the store has read it too, no more.
func TestDatabaseIsUnloadedWhenItWasRead(t *testing.T) {
	dir := t.TempDir()
	const n = 512
	o := Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Prefix: etcd.DefaultPrefix}}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, n)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check(t, s, n)
	file, err := databaseFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	const all = n * 32
	if kB := resident(t, file); kB < all/2 {
		t.Skipf("%d kB of the database are mapped: this system loads no files as a whole", kB)
	}
	now, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { // from now, or etcd would read everything once more when the pages have gone
		_ = s.Feed(ctx, now, func([]storage.Event, int64) error { return nil })
	})
	deadline := time.Now().Add(unloadEvery / 2)
	for resident(t, file) > all/8 {
		if time.Now().After(deadline) {
			t.Fatalf("still %d kB of the database are mapped", resident(t, file))
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	wg.Wait()
	check(t, s, n)
}

// Reads, writes, and the closing of the store do not notice that pages go away under them.
func TestUnloadDisturbsNobody(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{
		DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Prefix: etcd.DefaultPrefix, Logger: slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	file, err := databaseFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	const n = 64
	fill(t, s, n)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	if err := s.begin(func() {
		for ctx.Err() == nil {
			if err := s.unload(file); err != nil {
				t.Error(err)
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				key := fmt.Sprintf("/b/%d", i)
				if _, err := s.Create(ctx, key, content(i), 0); err != nil {
					t.Error(err)
					return
				}
				if _, err := storage.Update(ctx, s, key, 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		check(t, s, n)
	}
	wg.Wait()
	stop()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

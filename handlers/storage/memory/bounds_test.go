package memory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

func create(t testing.TB, s *memory.Store, key, value string, ttl time.Duration) int64 {
	t.Helper()
	revision, err := s.Create(t.Context(), key, []byte(value), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// write replaces or, with an empty value, deletes.
func write(t testing.TB, s *memory.Store, key, value string) int64 {
	t.Helper()
	kv, err := storage.Update(t.Context(), s, key, 0, func(storage.KeyValue) ([]byte, error) {
		if value == "" {
			return nil, nil
		}
		return []byte(value), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kv.Revision
}

func size(t testing.TB, s *memory.Store) int64 {
	t.Helper()
	n, err := s.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHistoryGoesByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memory.Options{CompactInterval: time.Minute})
		first := create(t, s, "/a", "1", 0)
		at := func(revision int64) error {
			_, err := s.List(t.Context(), "/", storage.ListOptions{Revision: revision})
			return err
		}
		time.Sleep(time.Minute + time.Second)
		second := write(t, s, "/a", "2")
		time.Sleep(30 * time.Second)
		if err := at(first); err != nil {
			t.Fatalf("a state was forgotten before it was as old as an interval: %v", err)
		}
		time.Sleep(30 * time.Second)
		third := write(t, s, "/a", "3")
		if err := at(first); err != nil {
			t.Fatalf("what was there at the last round: %v", err)
		}
		time.Sleep(time.Minute)
		if err := at(first); !errors.Is(err, storage.ErrCompacted) {
			t.Fatalf("the state of two rounds ago: %v, want ErrCompacted", err)
		}
		for _, revision := range []int64{second, third} {
			if err := at(revision); err != nil {
				t.Fatalf("state %d: %v", revision, err)
			}
		}
	})
}

// Writes leave nothing behind that compaction does not take.
func TestSizeComesDown(t *testing.T) {
	s := open(t, memory.Options{})
	const keys, rounds = 100, 20
	for i := range keys {
		create(t, s, fmt.Sprint("/a/", i), "0123456789", 0)
	}
	for round := range rounds {
		for i := range keys {
			write(t, s, fmt.Sprint("/a/", i), fmt.Sprintf("%010d", round+1))
		}
	}
	for i := range keys {
		write(t, s, fmt.Sprint("/a/", i), "")
	}
	full := size(t, s)
	// These push the others out of what is left for watches.
	var last int64
	for range 300 {
		create(t, s, "/b", "1", 0)
		last = write(t, s, "/b", "")
	}
	if err := s.Compact(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if after := size(t, s); after > full/5 {
		t.Errorf("%d bytes with everything, %d with nothing", full, after)
	}
}

func TestQuota(t *testing.T) {
	s := open(t, memory.Options{QuotaBytes: 100 << 10})
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = s.Create(t.Context(), fmt.Sprint("/a/", n), make([]byte, 10<<10), 0)
	}
	if !errors.Is(err, storage.ErrNoSpace) || n < 8 || n > 11 {
		t.Fatalf("write %d: %v, want ErrNoSpace", n, err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, storage.ErrNoSpace) {
		t.Fatalf("ready with its quota used up: %v", err)
	}
	kv, _, err := s.Get(t.Context(), "/a/0")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Swap(t.Context(), kv, []byte("small"), 0); !errors.Is(err, storage.ErrNoSpace) {
		t.Fatalf("a swap: %v, want ErrNoSpace", err)
	}
	write(t, s, "/a/0", "")
}

// What is renewed again and again is remembered once, and what was deleted not at all.
func TestOnlyTheLastLifeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memory.Options{})
		create(t, s, "/renewed", "0", time.Minute)
		create(t, s, "/again", "0", time.Minute)
		create(t, s, "/kept", "0", time.Minute)
		write(t, s, "/again", "")
		create(t, s, "/again", "0", 0)
		write(t, s, "/kept", "1")
		for i := range 10 {
			time.Sleep(50 * time.Second)
			_, err := storage.Update(t.Context(), s, "/renewed", time.Minute, func(storage.KeyValue) ([]byte, error) { return fmt.Append(nil, i+1), nil })
			if err != nil {
				t.Fatalf("renewal %d: %v", i, err)
			}
		}
		has := func(key string) bool { _, _, err := s.Get(t.Context(), key); return err == nil }
		time.Sleep(59 * time.Second)
		if !has("/renewed") || !has("/again") || !has("/kept") {
			t.Fatal("a pair ended before its time")
		}
		before, _ := s.Revision(t.Context())
		time.Sleep(2 * time.Second)
		if has("/renewed") || !has("/again") || !has("/kept") {
			t.Fatal("what was renewed last a minute ago is still there, or others are not")
		}
		time.Sleep(time.Hour)
		if after, _ := s.Revision(t.Context()); after != before+1 {
			t.Fatalf("the end of one pair moved the store from %d to %d", before, after)
		}
	})
}

// A watch whose reader does not come keeps no history: it ends when compaction has passed it.
func TestWatchThatIsPassedByCompaction(t *testing.T) {
	s := open(t, memory.Options{})
	slow, err := s.Watch(t.Context(), "/", 0)
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, "/a", "0", 0)
	var last int64
	for i := range 5000 {
		last = write(t, s, "/a", fmt.Sprint("value ", i))
	}
	if err := s.Compact(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	n := 0
	for range slow.Events() {
		n++
	}
	if !errors.Is(slow.Err(), storage.ErrCompacted) || n >= 5000 {
		t.Fatalf("the watch ended with %v after %d changes, want ErrCompacted", slow.Err(), n)
	}
}

// A load that takes its time sees one state, and writes do not wait for it.
func TestWritesDuringALoad(t *testing.T) {
	s := open(t, memory.Options{})
	for i := range 2000 {
		create(t, s, fmt.Sprintf("/a/%04d", i), "before", 0)
	}
	at, _ := s.Revision(t.Context())
	n := 0
	revision, err := s.Load(t.Context(), func(pairs []storage.KeyValue) error {
		for _, kv := range pairs {
			if string(kv.Value) != "before" {
				return fmt.Errorf("%s is %q", kv.Key, kv.Value)
			}
		}
		n += len(pairs)
		for i := range 200 {
			write(t, s, fmt.Sprintf("/a/%04d", 10*i), fmt.Sprint("after ", n))
		}
		return nil
	})
	if err != nil || revision != at || n != 2000 {
		t.Fatalf("%d pairs at %d: %v; want 2000 at %d", n, revision, err, at)
	}
}

func TestFeedOfWhatIsForgotten(t *testing.T) {
	s := open(t, memory.Options{})
	from := create(t, s, "/a", "1", 0)
	write(t, s, "/a", "2")
	if err := s.Compact(t.Context(), write(t, s, "/a", "3")); err != nil {
		t.Fatal(err)
	}
	err := s.Feed(t.Context(), from, func([]storage.Event, int64) error { return context.Canceled })
	if !errors.Is(err, storage.ErrCompacted) {
		t.Fatalf("got %v, want ErrCompacted", err)
	}
}

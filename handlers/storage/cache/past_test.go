package cache_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// watched is a backend that counts its watches, and begins none before it is let.
type watched struct {
	storage.Feeder
	let     chan struct{}
	watches atomic.Int64
}

func (w *watched) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	w.watches.Add(1)
	<-w.let
	return w.Feeder.Watch(ctx, prefix, from)
}

func (w *watched) Close() error { return nil }

// again is a cache that was started anew over a store that had one.
func again(t *testing.T, backend storage.Feeder) (*cache.Cache, *watched) {
	t.Helper()
	w := &watched{Feeder: backend, let: make(chan struct{})}
	return over(t, w, cache.Options{Attributes: colored}), w
}

func bothStores(t *testing.T, run func(t *testing.T, backend storage.Feeder)) {
	t.Run("embedded", func(t *testing.T) {
		s := openEmbedded(t, t.TempDir())
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		run(t, s)
	})
	t.Run("external", func(t *testing.T) {
		_, address := runEtcd(t, t.TempDir(), "127.0.0.1:0")
		s := dial(t, address, "/p")
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		run(t, s)
	})
}

// After a start everybody comes back from wherever they were. They share what is read of the past, each hears all of it
// that is his, and goes on with what happens now.
func TestReturningFollowers(t *testing.T) {
	bothStores(t, func(t *testing.T, backend storage.Feeder) {
		before := over(t, notClosed{backend}, cache.Options{})
		type change struct {
			key, text string
			at        int64
		}
		var all []change
		write := func(s storage.Store, i int) {
			key := fmt.Sprintf("/%c/%d", 'x'+rune(i%2), i%5)
			if i%7 == 6 {
				if _, _, err := s.Get(t.Context(), key); err == nil {
					all = append(all, change{key, "removed", remove(t, s, key)})
				}
				return
			}
			_, _, err := s.Get(t.Context(), key)
			kind := "modified"
			if errors.Is(err, storage.ErrNotFound) {
				kind = "added"
			}
			all = append(all, change{key, kind, put(t, s, key, fmt.Sprintf("red %d", len(all)))})
		}
		first := put(t, before, "/z/begin", "1")
		for i := range 100 {
			write(before, i)
		}
		c, w := again(t, backend)
		var followers []*follower
		var starts []int64
		for i := range 200 {
			from := all[(i*37+50)%len(all)].at
			if i == 199 {
				from = first
			}
			s := cache.Selection{Prefix: fmt.Sprintf("/%c/", 'x'+rune(i%2))}
			if i%3 == 0 {
				s = is("red")
				s.Prefix = fmt.Sprintf("/%c/", 'x'+rune(i%2))
			}
			followers, starts = append(followers, followed(t, c, s, from)), append(starts, from)
		}
		if s := c.Stats(); s.Past == 0 || s.Followers != 200 {
			t.Errorf("%d followers, %d of them wait", s.Followers, s.Past)
		}
		write(c, 3) // while they wait
		close(w.let)
		for i := range 10 {
			write(c, i)
		}
		last := put(t, c, "/z/end", "1")
		for i, f := range followers {
			prefix := fmt.Sprintf("/%c/", 'x'+rune(i%2))
			var want []string
			for _, x := range all {
				if strings.HasPrefix(x.key, prefix) && x.at > starts[i] {
					want = append(want, fmt.Sprintf("%s %s@%d", x.text, x.key, x.at))
				}
			}
			if got := heard(t, f, last); !slices.Equal(got, want) {
				t.Fatalf("%d from %d heard\n%v, want\n%v", i, starts[i], got, want)
			}
		}
		// The first who came began to read, the second time all who came meanwhile shared.
		if n := w.watches.Load(); n > 4 {
			t.Errorf("%d watches of the backend for 200 followers of two collections", n)
		}
		if s := c.Stats(); s.Past != 0 || s.Followers != 200 {
			t.Errorf("in the end %d followers, %d of them wait", s.Followers, s.Past)
		}
		// Who comes later finds what was read.
		a, b := followed(t, c, cache.Selection{Prefix: "/y/"}, first), followed(t, c, cache.Selection{Prefix: "/y/", Name: "1"}, first)
		x, _, errX := a.Next()
		y, _, errY := b.Next()
		if errX != nil || errY != nil || x.Event == nil || x.Event != y.Event {
			t.Errorf("later ones do not share changes: %v, %v, %v, %v", x, y, errX, errY)
		}
		if n := w.watches.Load(); n > 4 {
			t.Errorf("%d watches of the backend", n)
		}
	})
}

// Those who want to hear of what was compacted are told so; the others do not suffer for it.
func TestReturningAfterCompaction(t *testing.T) {
	bothStores(t, func(t *testing.T, backend storage.Feeder) {
		before := over(t, notClosed{backend}, cache.Options{})
		var at []int64
		for i := range 60 {
			at = append(at, put(t, before, "/x/a", fmt.Sprint(i)))
		}
		const kept = 41
		if err := backend.(storage.Compactor).Compact(t.Context(), at[kept]); err != nil {
			t.Fatal(err)
		}
		c, w := again(t, backend)
		var followers []*follower
		for i := range at {
			followers = append(followers, followed(t, c, cache.Selection{Prefix: "/x/"}, at[i]))
		}
		gone := followed(t, c, cache.Selection{Prefix: "/x/"}, at[kept])
		gone.Stop()
		close(w.let)
		for i, f := range followers {
			if i >= kept {
				if got := heard(t, f, at[59]); len(got) != 59-i {
					t.Errorf("from %d: heard %v", i, got)
				}
				continue
			}
			for {
				d, _, err := f.Next()
				if errors.Is(err, storage.ErrCompacted) {
					break
				}
				if err != nil || d.Event != nil {
					t.Fatalf("from %d: %v, %v", i, d, err)
				}
				<-f.woken
			}
		}
		// Half of those who are left at each try: not one try each.
		if n := w.watches.Load(); n > 20 {
			t.Errorf("%d watches of the backend for 60 followers", n)
		}
		if s := c.Stats(); s.Past != 0 {
			t.Errorf("%d wait still", s.Past)
		}
	})
}

// A cache that is closed lets nobody wait.
func TestCloseEndsFollowers(t *testing.T) {
	inner := openEmbedded(t, t.TempDir())
	defer inner.Close()
	at := put(t, inner, "/x/a", "1")
	put(t, inner, "/x/a", "2")
	c, w := again(t, inner)
	waits := followed(t, c, cache.Selection{Prefix: "/x/"}, at)
	follows := followed(t, c, cache.Selection{Prefix: "/x/"}, 0)
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	time.AfterFunc(10*time.Millisecond, func() { close(w.let) })
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*follower{"waits": waits, "follows": follows} {
		for {
			_, _, err := f.Next()
			if errors.Is(err, cache.ErrEnded) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			<-f.woken
		}
	}
	if _, err := c.Follow(t.Context(), cache.Selection{Prefix: "/x/"}, at, func() {}); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("after the end: %v", err)
	}
}

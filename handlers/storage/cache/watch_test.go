package cache_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// color are the attributes of these tests: the first word of the value.
type color string

var _ cache.Indexed = color("")

func (c color) Indexes(yield func(field, value string)) { yield("color", string(c)) }
func (c color) Field(name string) (string, bool)        { return string(c), name == "color" }
func (c color) Label(string) (string, bool)             { return "", false }
func (c color) Same(other any) bool                     { return c == other }

func colored(_ string, value []byte) any {
	word, _, _ := strings.Cut(string(value), " ")
	return color(word)
}

func is(want string) cache.Selection {
	return cache.Selection{
		Prefix: "/x/", ID: want, Match: func(e *cache.Entry) bool { return e.Attributes == color(want) },
	}
}

func put(t *testing.T, s storage.Store, key, value string) int64 {
	t.Helper()
	kv, err := storage.Update(t.Context(), s, key, 0, func(storage.KeyValue) ([]byte, error) { return []byte(value), nil })
	if errors.Is(err, storage.ErrNotFound) {
		revision, err := s.Create(t.Context(), key, []byte(value), 0)
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
	if err != nil {
		t.Fatal(err)
	}
	return kv.Revision
}

func remove(t *testing.T, s storage.Store, key string) int64 {
	t.Helper()
	kv, err := storage.Update(t.Context(), s, key, 0, func(storage.KeyValue) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	return kv.Revision
}

// heard waits until the follower has heard everything up to a revision and returns the deliveries as words.
func heard(t *testing.T, f *follower, through int64) []string {
	t.Helper()
	var out []string
	for {
		d, at, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		if d.Event != nil {
			out = append(out, fmt.Sprintf("%s %s@%d", []string{"", "added", "modified", "removed"}[d.Turn], d.Key, d.Revision))
			continue
		}
		if at >= through {
			return out
		}
		select {
		case <-f.woken:
		case <-time.After(10 * time.Millisecond): // that others changed wakes nobody
		case <-t.Context().Done():
			t.Fatalf("heard %v, up to %d of %d", out, at, through)
		}
	}
}

// What a selection hears of objects that begin and cease to match, however it is found: by asking each change, by the
// value of a field, by the name; alone or with others in a group; as it happens, after the fact, or from the backend.
func TestTurnsOfASelection(t *testing.T) {
	backend := openEmbedded(t, t.TempDir())
	c := over(t, backend, cache.Options{Attributes: colored})
	byField, byName := is("red"), is("red")
	byField.Field, byField.Value = "color", "red"
	byName.Name = "b"
	selections := map[string]cache.Selection{
		"asked": is("red"), "asked too": is("red"), "by field": byField, "by name": byName,
		"alone": {Prefix: "/x/", Match: is("red").Match},
	}
	start := put(t, c, "/x/0", "red")
	live := map[string]*follower{}
	for name, s := range selections {
		live[name] = followed(t, c, s, start)
	}
	var want, wantB []string
	note := func(kind, key string, revision int64) {
		line := fmt.Sprintf("%s %s@%d", kind, key, revision)
		if want = append(want, line); key == "/x/b" {
			wantB = append(wantB, line)
		}
	}
	note("added", "/x/a", put(t, c, "/x/a", "red"))
	put(t, c, "/x/b", "blue")
	put(t, c, "/y/b", "red")
	note("modified", "/x/a", put(t, c, "/x/a", "red again"))
	note("added", "/x/b", put(t, c, "/x/b", "red"))
	note("removed", "/x/a", put(t, c, "/x/a", "blue"))
	remove(t, c, "/x/a")
	note("removed", "/x/b", remove(t, c, "/x/b"))
	last := put(t, c, "/x/z", "blue")
	verify := func(what string, name string, f *follower) {
		t.Helper()
		expect := want
		if name == "by name" {
			expect = wantB
		}
		if got := heard(t, f, last); !slices.Equal(got, expect) {
			t.Errorf("%s, %s: heard %v, want %v", what, name, got, expect)
		}
	}
	for name, f := range live {
		verify("live", name, f)
	}
	for name, s := range selections {
		verify("replayed", name, followed(t, c, s, start))
	}
	// What came before this cache was loaded is the backend's to tell.
	later := over(t, notClosed{backend}, cache.Options{Attributes: colored})
	for name, s := range selections {
		verify("from the past", name, followed(t, later, s, start))
	}
}

// notClosed is a backend that two caches share.
type notClosed struct{ storage.Feeder }

func (notClosed) Close() error { return nil }

// follower is a cache.Follower with a channel that has something when it was woken.
type follower struct {
	*cache.Follower
	woken <-chan struct{}
}

func followed(t testing.TB, c *cache.Cache, s cache.Selection, from int64) *follower {
	t.Helper()
	wake, woken := cache.Signal()
	f, err := c.Follow(t.Context(), s, from, wake)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return &follower{f, woken}
}

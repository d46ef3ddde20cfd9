package cache

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// hubAt is a hub without goroutines: handOut is called by hand.
func hubAt(revision int64) *hub {
	h := &hub{}
	h.start()
	h.reset(revision)
	return h
}

func (h *hub) write(key string, revision int64) {
	h.push([]*Event{{Key: key, Revision: revision, New: &Entry{Key: key, Revision: revision}}}, revision)
	h.handOut()
}

func joined(t *testing.T, h *hub, from int64, s Selection) *Follower {
	t.Helper()
	f := &Follower{selection: s, hub: h, wake: make(chan struct{}, 1)}
	if f.joined = h.join(f, from); !f.joined {
		t.Fatalf("did not join at %d", from)
	}
	return f
}

// A follower that does not read loses its place once its changes are forgotten. The others of its group stay, and it
// keeps nothing in memory.
func TestSlowFollower(t *testing.T) {
	h := hubAt(10)
	slow, fast := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/"})
	if slow.group != fast.group {
		t.Fatal("two groups for one selection")
	}
	for i := range int64(100) {
		h.write(fmt.Sprintf("/x/%d", i), 11+i)
		if d, through, _, err := fast.Next(); err != nil || len(d) != 1 || through != 11+i {
			t.Fatalf("the fast one got %v, %d, %v", d, through, err)
		}
	}
	h.trim(100)
	if n := len(slow.group.log); n != 10 {
		t.Fatalf("%d changes are kept for the slow one, want the 10 that are remembered", n)
	}
	if _, _, _, err := slow.Next(); !errors.Is(err, storage.ErrCompacted) || !errors.Is(err, ErrTooSlow) {
		t.Fatalf("the slow one got %v, want ErrCompacted because it was too slow", err)
	}
	slow.Stop()
	h.write("/x/a", 111)
	if d, _, _, err := fast.Next(); err != nil || len(d) != 1 {
		t.Fatalf("the fast one got %v, %v", d, err)
	}
	h.trim(101)
	if n := len(fast.group.log); n != 0 {
		t.Fatalf("%d changes are kept that all have read", n)
	}
	if h.join(&Follower{selection: Selection{Prefix: "/x/"}, hub: h}, 100) {
		t.Fatal("joined at a revision that is forgotten")
	}
}

// Many more changes than one Next gives: none is missed or doubled, and the revision told is never ahead of them.
func TestNextInBatches(t *testing.T) {
	h := hubAt(10)
	live := joined(t, h, 10, Selection{Prefix: "/x/"})
	const n = 5*batch + 7
	for i := range int64(n) {
		h.push([]*Event{{Key: fmt.Sprintf("/x/%d", i), Revision: 11 + i, New: &Entry{}}}, 11+i)
	}
	h.handOut()
	for name, f := range map[string]*Follower{"live": live, "replayed": joined(t, h, 10, Selection{Prefix: "/x/"}), "half": joined(t, h, 60, Selection{Prefix: "/x/"})} {
		last := f.from
		for more := true; more; {
			d, through, again, err := f.Next()
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range d {
				if last++; x.Revision != last || x.Turn != Added {
					t.Fatalf("%s: got %d, want %d", name, x.Revision, last)
				}
			}
			if through > last {
				t.Fatalf("%s: told %d before %d", name, through, last+1)
			}
			more = again
		}
		if last != 10+n {
			t.Fatalf("%s: the last is %d, want %d", name, last, 10+n)
		}
	}
}

// After a new load nobody knows what was missed: all must start over, and new ones begin there.
func TestResetEndsFollowers(t *testing.T) {
	h := hubAt(10)
	f, named := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/", Name: "a"})
	h.write("/x/a", 11)
	h.reset(50)
	for _, f := range []*Follower{f, named} {
		if d, _, more, err := f.Next(); err != nil || len(d) != 1 || !more {
			t.Fatalf("what was heard before is lost: %v, %v", d, err)
		}
		if _, _, _, err := f.Next(); !errors.Is(err, storage.ErrCompacted) {
			t.Fatalf("got %v, want ErrCompacted", err)
		}
		f.Stop()
	}
	again := joined(t, h, 50, Selection{Prefix: "/x/"})
	h.write("/x/b", 51)
	if d, through, _, err := again.Next(); err != nil || len(d) != 1 || through != 51 {
		t.Fatalf("got %v, %d, %v", d, through, err)
	}
}

// Groups end with their last follower, also those that are found by a value, and a stopped follower does not come back.
func TestLeave(t *testing.T) {
	h := hubAt(10)
	var all []*Follower
	for _, s := range []Selection{{Prefix: "/x/"}, {Prefix: "/x/"}, {Prefix: "/x/", Name: "a"}, {Prefix: ""}, {Prefix: "/x"}} {
		all = append(all, joined(t, h, 10, s))
	}
	for _, f := range all {
		f.Stop()
		f.Stop()
		if h.join(f, 10) {
			t.Fatal("a stopped follower joined")
		}
	}
	h.trim(10)
	h.write("/y/a", 11)
	h.trim(11)
	if len(h.topics) != 0 || len(h.wide.groups) != 0 {
		t.Fatalf("left behind: %v, %v", h.topics, h.wide.groups)
	}
}

// Forms are made once for all, until the change is no longer news.
func TestKept(t *testing.T) {
	h := hubAt(10)
	f := joined(t, h, 10, Selection{Prefix: "/x/"})
	h.write("/x/a", 11)
	d, _, _, err := f.Next()
	if err != nil || len(d) != 1 {
		t.Fatal(d, err)
	}
	made := 0
	form := func(key any) string {
		b, err := d[0].Kept.Form(key, func() ([]byte, error) { made++; return fmt.Append(nil, key, made), nil })
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if a, b, c := form("a"), form("b"), form("a"); a != "a1" || b != "b2" || c != a {
		t.Fatal(a, b, c)
	}
	fails := errors.New("no")
	if _, err := d[0].Kept.Form("c", func() ([]byte, error) { return nil, fails }); err != fails {
		t.Fatal(err)
	}
	for i := range int64(warm) {
		h.write(fmt.Sprintf("/x/%d", i), 12+i)
	}
	if len(d[0].Kept.forms) != 0 || form("a") == form("a") {
		t.Fatal("forms of old news are kept")
	}
}

// Groups that are found by a value also hear of objects whose values nobody knows; those found by a name are not asked
// about others.
func TestObjectsWithoutAttributes(t *testing.T) {
	h := hubAt(10)
	asked := 0
	all := func(*Entry) bool { asked++; return true }
	byField := joined(t, h, 10, Selection{Prefix: "/x/", Field: "node", Value: "a", Match: all})
	byName := joined(t, h, 10, Selection{Prefix: "/x/", Name: "a", Match: all})
	h.write("/x/a", 11)
	h.write("/x/b", 12)
	for what, c := range map[string]struct {
		f    *Follower
		want int
	}{"by field": {byField, 2}, "by name": {byName, 1}} {
		if d, _, _, err := c.f.Next(); err != nil || len(d) != c.want {
			t.Errorf("%s: %d deliveries, %v; want %d", what, len(d), err, c.want)
		}
	}
	if asked != 3 {
		t.Errorf("%d objects were looked at, want 3", asked)
	}
}

package cache

import (
	"errors"
	"fmt"
	"testing"
	"time"

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

func following(h *hub, from int64, s Selection) *Follower {
	return &Follower{hub: h, selection: &s, from: from, wake: func() {}}
}

// one wants exactly one delivery, and gives it.
func one(t *testing.T, f *Follower) Delivery {
	t.Helper()
	all, _, err := drained(f)
	if err != nil || len(all) != 1 {
		t.Fatalf("got %v, %v", all, err)
	}
	return all[0]
}

// drained is everything there is for a follower.
func drained(f *Follower) (all []Delivery, through int64, err error) {
	for {
		d, through, err := f.Next()
		if err != nil || d.Event == nil {
			return all, through, err
		}
		all = append(all, d)
	}
}

func joined(t *testing.T, h *hub, from int64, s Selection) *Follower {
	t.Helper()
	f := following(h, from, s)
	if !h.join(f) {
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
		if d, through, err := drained(fast); err != nil || len(d) != 1 || through != 11+i {
			t.Fatalf("the fast one got %v, %d, %v", d, through, err)
		}
	}
	h.trim(100, time.Time{})
	if n := len(slow.group.log.Load().all); n != 10 {
		t.Fatalf("%d changes are kept for the slow one, want the 10 that are remembered", n)
	}
	if _, _, err := slow.Next(); !errors.Is(err, storage.ErrCompacted) || !errors.Is(err, ErrTooSlow) {
		t.Fatalf("the slow one got %v, want ErrCompacted because it was too slow", err)
	}
	slow.Stop()
	h.write("/x/a", 111)
	one(t, fast)
	h.trim(101, time.Time{})
	if n := len(fast.group.log.Load().all); n != 0 {
		t.Fatalf("%d changes are kept that all have read", n)
	}
	if h.join(following(h, 100, Selection{Prefix: "/x/"})) {
		t.Fatal("joined at a revision that is forgotten")
	}
}

// A follower that does not read what was there when it came keeps that for no longer than it is remembered.
func TestSlowReplay(t *testing.T) {
	h := hubAt(10)
	for i := range int64(10) {
		h.write(fmt.Sprintf("/x/%d", i), 11+i)
	}
	none, half, whole := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/"})
	if d, _, err := half.Next(); err != nil || d.Revision != 11 {
		t.Fatalf("got %v, %v", d, err)
	}
	if all, _, err := drained(whole); err != nil || len(all) != 10 {
		t.Fatalf("got %v, %v", all, err)
	}
	h.trim(10, time.Now().Add(-time.Hour))
	if none.replay.Load() == nil {
		t.Fatal("forgotten too early")
	}
	h.trim(20, time.Now().Add(time.Hour))
	h.write("/x/a", 21)
	for name, f := range map[string]*Follower{"none": none, "half": half} {
		if f.replay.Load() != forgotten {
			t.Errorf("%s: the changes are still kept", name)
		}
		if d, _, err := f.Next(); !errors.Is(err, storage.ErrCompacted) || !errors.Is(err, ErrTooSlow) {
			t.Errorf("%s: got %v, %v", name, d, err)
		}
	}
	if d := one(t, whole); d.Revision != 21 {
		t.Errorf("got %d", d.Revision)
	}
}

// Of many changes none is missed or doubled, and the revision told is never ahead of them.
func TestNext(t *testing.T) {
	h := hubAt(10)
	live := joined(t, h, 10, Selection{Prefix: "/x/"})
	const n = 500
	for i := range int64(n) {
		h.push([]*Event{{Key: fmt.Sprintf("/x/%d", i), Revision: 11 + i, New: &Entry{}}}, 11+i)
	}
	h.handOut()
	for name, f := range map[string]*Follower{"live": live, "replayed": joined(t, h, 10, Selection{Prefix: "/x/"}), "half": joined(t, h, 60, Selection{Prefix: "/x/"})} {
		last := f.from
		for {
			d, through, err := f.Next()
			if err != nil {
				t.Fatal(err)
			}
			if d.Event == nil {
				if through != 10+n {
					t.Fatalf("%s: told %d in the end", name, through)
				}
				break
			}
			if last++; d.Revision != last || d.Turn != Added {
				t.Fatalf("%s: got %d, want %d", name, d.Revision, last)
			}
			if through >= last {
				t.Fatalf("%s: told %d with %d", name, through, last)
			}
		}
		if last != 10+n {
			t.Fatalf("%s: the last is %d, want %d", name, last, 10+n)
		}
	}
}

// After a new load nobody knows what was missed: all must start over, and new ones begin there. What the old ones have not
// read is not kept, whether they had heard of it or it was there before them.
func TestResetEndsFollowers(t *testing.T) {
	h := hubAt(10)
	f, named := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/", Name: "a"})
	h.write("/x/a", 11)
	late, read := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/"})
	one(t, read)
	h.reset(50)
	for _, f := range []*Follower{f, named, late, read} {
		if r := f.replay.Load(); r != nil && r != forgotten || len(f.group.log.Load().all) > 0 {
			t.Error("changes are kept for who has not read them")
		}
		if d, _, err := drained(f); len(d) != 0 || !errors.Is(err, storage.ErrCompacted) || errors.Is(err, ErrTooSlow) {
			t.Fatalf("got %v, %v, want ErrCompacted", d, err)
		}
		f.Stop()
	}
	again := joined(t, h, 50, Selection{Prefix: "/x/"})
	h.write("/x/b", 51)
	if d, through, err := drained(again); err != nil || len(d) != 1 || through != 51 {
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
		if h.join(f) {
			t.Fatal("a stopped follower joined")
		}
	}
	h.trim(10, time.Time{})
	h.write("/y/a", 11)
	h.trim(11, time.Time{})
	if len(h.topics) != 0 || len(h.wide.groups) != 0 {
		t.Fatalf("left behind: %v, %v", h.topics, h.wide.groups)
	}
}

// Forms are made once for all, until the change is no longer news.
func TestKept(t *testing.T) {
	h := hubAt(10)
	f := joined(t, h, 10, Selection{Prefix: "/x/"})
	h.write("/x/a", 11)
	d := one(t, f)
	made := 0
	form := func(key any) string {
		b, err := d.Kept.Form(Added, key, func() ([]byte, error) { made++; return fmt.Append(nil, key, made), nil })
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if a, b, c := form("a"), form("b"), form("a"); a != "a1" || b != "b2" || c != a {
		t.Fatal(a, b, c)
	}
	fails := errors.New("no")
	if _, err := d.Kept.Form(Added, "c", func() ([]byte, error) { return nil, fails }); err != fails {
		t.Fatal(err)
	}
	for i := range int64(warm) {
		h.write(fmt.Sprintf("/x/%d", i), 12+i)
	}
	if d.Kept.forms.Load() != nil || form("a") == form("a") {
		t.Fatal("forms of old news are kept")
	}
}

// Few large objects push out what is kept of others as many small ones do, and what is forgotten is not counted any more.
func TestKeptOfLargeObjects(t *testing.T) {
	h := hubAt(10)
	f := joined(t, h, 10, Selection{Prefix: "/x/"})
	const objects, size = 40, 1 << 20
	for round := range int64(3) {
		var all []Delivery
		for i := range int64(objects) {
			e := &Event{Key: "/x/a", Revision: 11 + round*objects + i, New: &Entry{Key: "/x/a", size: size}}
			h.push([]*Event{e}, e.Revision)
			h.handOut()
			d := one(t, f)
			if _, err := d.Kept.Form(Added, "a", func() ([]byte, error) { return []byte("a"), nil }); err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
		kept := 0
		for _, d := range all {
			if d.Kept.forms.Load() != nil {
				kept++
			}
		}
		if kept != warmBytes/size || all[objects-1].Kept.forms.Load() == nil {
			t.Errorf("round %d: forms of %d objects are kept", round, kept)
		}
		h.trim(11+round*objects+objects-2, time.Now())
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
		if d, _, err := drained(c.f); err != nil || len(d) != c.want {
			t.Errorf("%s: %d deliveries, %v; want %d", what, len(d), err, c.want)
		}
	}
	if asked != 3 {
		t.Errorf("%d objects were looked at, want 3", asked)
	}
}

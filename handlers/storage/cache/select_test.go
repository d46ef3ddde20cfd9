package cache

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// traits are attributes for tests, as they are written in a value: "a=1 b=2". Names in upper case are fields, "owner" may
// come several times, and an object that has "vague" keeps its field F to itself.
type traits string

func (tr traits) all(name string) (values []string) {
	for part := range strings.FieldsSeq(string(tr)) {
		if n, v, _ := strings.Cut(part, "="); n == name {
			values = append(values, v)
		}
	}
	return values
}

func (tr traits) Label(name string) (value string, has bool) {
	if all := tr.all(name); len(all) > 0 {
		return all[0], true
	}
	return "", false
}

func (tr traits) Field(name string) (value string, known bool) {
	if name == "F" && tr.all("vague") != nil {
		return "", false
	}
	value, _ = tr.Label(name)
	return value, true
}

// Same leaves the owners out: who asks for them asks the object.
func (tr traits) Same(other any) bool {
	o, ok := other.(traits)
	bare := func(tr traits) string {
		return strings.Join(slices.DeleteFunc(strings.Fields(string(tr)), func(s string) bool { return strings.HasPrefix(s, "owner=") }), " ")
	}
	return ok && bare(tr) == bare(o)
}

func (tr traits) Indexes(yield func(field, value string)) {}

// has decides on an object itself, as the one who asks does.
func (t Term) has(e *Entry) bool {
	value, err := e.Value(nil)
	if err != nil {
		return false
	}
	tr := traits(value)
	switch t.Of {
	case Label:
		v, has := tr.Label(t.Name)
		return has && slices.Contains(t.Values, v)
	case Labelled:
		_, has := tr.Label(t.Name)
		return has
	case Field:
		v, _ := tr.Label(t.Name)
		return slices.Contains(t.Values, v)
	}
	return slices.ContainsFunc(tr.all("owner"), func(uid string) bool { return slices.Contains(t.Values, uid) })
}

// world is a cache without a backend, whose past is known to the test as far as the cache knows it.
type world struct {
	*Cache
	r    *rand.Rand
	keys int
}

func newWorld(t *testing.T, seed uint64, keys int) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), keys: keys}
	w.Cache = &Cache{options: Options{
		Attributes: func(_ string, value []byte) any { return traits(value) },
		Owners: func(dst []string, value []byte) ([]string, error) {
			return append(dst, traits(value).all("owner")...), nil
		},
	}}
	w.ctx, w.stop = context.WithCancel(t.Context())
	t.Cleanup(func() {
		w.stop()
		w.running.Wait()
	})
	w.hub.start()
	s := snapshot{revision: 1}
	w.history.reset(s)
	w.hub.reset(1)
	w.replace(&s)
	var all []storage.Event
	for i := range keys {
		all = append(all, storage.Event{Key: w.key(i), Value: w.value(), Revision: int64(i + 2)})
	}
	if err := w.apply(all, int64(keys+1)); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) key(i int) string { return fmt.Sprintf("/things/n%d/%05d", i%3, i) }

func (w *world) value() []byte {
	parts := []string{fmt.Sprintf("few=%d F=%d", w.r.IntN(4), w.r.IntN(30))}
	if w.r.IntN(2) == 0 {
		parts = append(parts, fmt.Sprintf("many=%d", w.r.IntN(40)))
	}
	if w.r.IntN(20) == 0 {
		parts = append(parts, "rare=")
	}
	if w.r.IntN(40) == 0 {
		parts = append(parts, "vague=")
	}
	for range w.r.IntN(3) {
		parts = append(parts, fmt.Sprintf("owner=%d", w.r.IntN(50)))
	}
	return []byte(strings.Join(parts, " "))
}

// change applies some random changes.
func (w *world) change(t *testing.T) {
	now, _ := w.Latest()
	at := now.Revision
	var all []storage.Event
	for range 1 + w.r.IntN(3) {
		at++
		e := storage.Event{Key: w.key(w.r.IntN(w.keys)), Revision: at}
		if w.r.IntN(5) == 0 {
			e.Type = storage.Deleted
		} else {
			e.Value = w.value()
		}
		all = append(all, e)
	}
	if err := w.apply(all, at); err != nil {
		t.Error(err)
	}
}

// reload puts another state in the place of the present one, as after a restore of the store.
func (w *world) reload() {
	s := *w.current.Load()
	s.revision++
	for range 100 {
		key, value := w.key(w.r.IntN(w.keys)), w.value()
		e := &Entry{Key: key, Revision: s.revision, Attributes: traits(value)}
		w.packer.pack(e, w.packer.of(topic(key)), value)
		s.root, _ = s.root.set(e)
	}
	w.history.reset(s)
	w.hub.reset(s.revision)
	w.replace(&s)
}

// query is a random one.
func query(r *rand.Rand, keys int) Query {
	terms := []Term{
		{Attribute{Label, "few"}, []string{fmt.Sprint(r.IntN(4))}},
		{Attribute{Label, "many"}, []string{fmt.Sprint(r.IntN(42))}},
		{Attribute{Label, "many"}, []string{"1", "7", fmt.Sprint(r.IntN(42))}},
		{Attribute{Label, "rare"}, []string{""}},
		{Attribute{Labelled, "rare"}, []string{""}},
		{Attribute{Labelled, "many"}, []string{""}},
		{Attribute{Field, "F"}, []string{fmt.Sprint(r.IntN(30))}},
		{Attribute{Owner, ""}, []string{fmt.Sprint(r.IntN(50))}},
		{Attribute{Label, "none"}, []string{"x"}},
	}
	r.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	q := Query{Scope: "/things/", Prefix: "/things/", Terms: terms[:1+r.IntN(2)]}
	if r.IntN(3) == 0 {
		q.Prefix = fmt.Sprintf("/things/n%d/", r.IntN(3))
	}
	if r.IntN(2) == 0 {
		q.From = fmt.Sprintf("%s%05d", q.Prefix, r.IntN(keys))
	}
	return q
}

// compare asks in both ways, and says how many entries Select looked at.
func compare(t *testing.T, c *Cache, v View, q Query, limit int) (looked int) {
	t.Helper()
	matches := func(e *Entry) bool {
		return !slices.ContainsFunc(q.Terms, func(t Term) bool { return !t.has(e) })
	}
	var want, got []*Entry
	v.Leaves(q.Prefix, q.From, func(l Leaf) bool {
		for _, e := range l.Entries {
			if matches(e) && (limit == 0 || len(want) < limit) {
				want = append(want, e)
			}
		}
		return true
	})
	c.Select(v, q, func(e *Entry) bool {
		if looked++; matches(e) {
			got = append(got, e)
		}
		return limit == 0 || len(got) < limit
	})
	if !slices.Equal(got, want) {
		t.Errorf("%+v at %d of %d: %d entries, want %d", q, v.Revision, c.current.Load().revision, len(got), len(want))
	}
	return looked
}

// Every selection at every revision that the cache knows is what a scan finds, while indexes come and go.
func TestSelectAgainstScan(t *testing.T) {
	const keys = 4 * indexFrom
	w := newWorld(t, 8, keys)
	indexed, scanned := 0, 0
	for i := range 3000 {
		w.change(t)
		now, _ := w.Latest()
		w.history.mu.RLock()
		floor := w.history.floor
		w.history.mu.RUnlock()
		s, ok := w.history.at(floor+w.r.Int64N(now.Revision-floor+1), *w.current.Load())
		if !ok {
			t.Fatal("a state is not known")
		}
		q, v := query(w.r, keys), View{Revision: s.revision, root: s.root}
		if looked, size := compare(t, w.Cache, v, q, w.r.IntN(3)*20), v.Count(q.Prefix, q.From); looked <= size/worthwhile {
			indexed++
		} else {
			scanned++
		}
		w.running.Wait()
		switch w.r.IntN(100) {
		case 0, 1, 2:
			w.indexes.sweep(w.history.trim(time.Time{}, w.r.IntN(500)), time.Now())
		case 3:
			w.indexes.sweep(0, time.Now().Add(indexIdle+time.Second))
			if len(w.indexes.byTopic) > 0 {
				t.Fatalf("%d: idle indexes are left", i)
			}
		case 4:
			w.reload()
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if indexed < 500 || scanned < 500 {
		t.Errorf("%d queries were answered by an index and %d by a scan", indexed, scanned)
	}
}

// When the history has forgotten everything, an index is what one that is made now would be.
func TestIndexForgets(t *testing.T) {
	const keys = indexFrom
	w := newWorld(t, 9, keys)
	for _, a := range []Attribute{{Label, "few"}, {Label, "many"}, {Labelled, "many"}, {Field, "F"}, {Owner, ""}} {
		w.indexed(t, a)
	}
	for range 5000 {
		w.change(t)
	}
	w.indexes.sweep(w.history.trim(time.Time{}, 0), time.Now())
	all := w.indexes.byTopic["/things/"]
	if len(all) != 5 {
		t.Fatalf("%d indexes", len(all))
	}
	for _, ix := range all {
		fresh := &index{scope: ix.scope, attribute: ix.attribute, owners: ix.owners}
		fresh.fill(*w.current.Load())
		if len(ix.left) > 0 || len(ix.leaving) > 0 || len(ix.byValue) != len(fresh.byValue) {
			t.Errorf("%v: %d and %d departures, %d values, want %d", ix.attribute, len(ix.left), len(ix.leaving), len(ix.byValue), len(fresh.byValue))
		}
		for v, p := range fresh.byValue {
			want, _ := p.appendKeys(nil, "", "", keys)
			if got, _ := ix.appendKeys(nil, []string{v}, "", "", keys); ix.unknown.size == 0 && !slices.Equal(got, want) || ix.byValue[v].size != p.size {
				t.Errorf("%v %q: %d keys, want %d", ix.attribute, v, ix.byValue[v].size, p.size)
			}
		}
		if ix.unknown.size != fresh.unknown.size {
			t.Errorf("%v: %d unknown, want %d", ix.attribute, ix.unknown.size, fresh.unknown.size)
		}
	}
}

// Readers of new and old states, changes, indexes that come and go: nobody gets in the way of the others.
func TestSelectBesideChanges(t *testing.T) {
	const keys = 2 * indexFrom
	w := newWorld(t, 10, keys)
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	var indexed atomic.Int64
	for i := range 3 {
		others.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 11))
			for ctx.Err() == nil {
				now := *w.current.Load()
				s, ok := w.history.at(now.revision-r.Int64N(200), now)
				if !ok {
					s = now
				}
				q, v := query(r, keys), View{Revision: s.revision, root: s.root}
				for range 3 {
					if compare(t, w.Cache, v, q, 0) <= v.Count(q.Prefix, q.From)/worthwhile {
						indexed.Add(1)
					}
				}
			}
		})
	}
	others.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			now := time.Now()
			if i%100 == 0 {
				// Time flies, so that indexes are dropped.
				now = now.Add(indexIdle + time.Second)
			}
			w.indexes.sweep(w.history.trim(time.Time{}, 150), now)
			time.Sleep(time.Millisecond)
		}
	})
	// On a busy machine the readers may come late to their turn.
	for n, end := 0, time.Now().Add(time.Minute); n < 4000 || indexed.Load() < 100 && time.Now().Before(end); n++ {
		w.change(t)
	}
	stop()
	others.Wait()
	if indexed.Load() < 100 {
		t.Errorf("%d queries were answered by an index", indexed.Load())
	}
}

// indexed makes an index by asking twice for it.
func (w *world) indexed(t *testing.T, a Attribute) *index {
	t.Helper()
	for range 2 {
		w.want(&Query{Scope: "/things/", Terms: []Term{{a, nil}}})
	}
	w.running.Wait()
	ix := w.indexes.find(want{"/things/", a})
	if ix == nil || !ix.ready {
		t.Fatalf("no index of %v", a)
	}
	return ix
}

// set applies one change.
func (w *world) set(t *testing.T, i int, value string) {
	t.Helper()
	now, _ := w.Latest()
	e := storage.Event{Key: w.key(i), Value: []byte(value), Revision: now.Revision + 1}
	if err := w.apply([]storage.Event{e}, e.Revision); err != nil {
		t.Fatal(err)
	}
}

// A state that somebody still has when the index has forgotten its keys is looked through without it, also from the
// middle on.
func TestSelectOfWhatIsForgotten(t *testing.T) {
	const keys = 10 * indexFrom
	w := newWorld(t, 13, keys)
	for i := range keys / 5 {
		w.set(t, 5*i, "color=red")
	}
	w.indexed(t, Attribute{Label, "color"})
	q := Query{Scope: "/things/", Prefix: "/things/", Terms: []Term{{Attribute{Label, "color"}, []string{"red"}}}}
	before, _ := w.Latest()
	if looked := compare(t, w.Cache, before, q, 0); looked != keys/5 {
		t.Fatalf("looked at %d entries", looked)
	}
	seen := 0
	w.Select(before, q, func(e *Entry) bool {
		if seen++; seen == 1 {
			w.set(t, keys-5, "color=blue")
			w.indexes.sweep(w.history.trim(time.Time{}, 0), time.Now())
		}
		if e.Attributes != traits("color=red") {
			seen--
		}
		return true
	})
	if seen != keys/5 {
		t.Errorf("%d of %d are seen while one is forgotten", seen, keys/5)
	}
	if looked := compare(t, w.Cache, before, q, 0); looked != keys {
		t.Errorf("looked at %d entries of a forgotten state", looked)
	}
	now, _ := w.Latest()
	if looked := compare(t, w.Cache, now, q, 0); looked != keys/5-1 {
		t.Errorf("looked at %d entries of the present state", looked)
	}
}

// What changes while an index reads a state is in it when it is ready.
func TestIndexCatchesUp(t *testing.T) {
	w := newWorld(t, 14, indexFrom)
	a := Attribute{Label, "color"}
	w.indexes.want(want{"/things/", a}, nil, time.Now())
	ix := w.indexes.want(want{"/things/", a}, nil, time.Now())
	w.set(t, 1, "color=red")
	// As fill does.
	s := *w.current.Load()
	ix.started = true
	w.set(t, 2, "color=red")
	w.set(t, 1, "color=blue")
	ix.fill(s)
	w.set(t, 3, "color=red")
	ix.open()
	w.set(t, 4, "color=red")
	for color, want := range map[string][]int{"red": {1, 2, 3, 4}, "blue": {1}} {
		var keys []string
		for _, i := range want {
			keys = append(keys, w.key(i))
		}
		slices.Sort(keys)
		if got, _ := ix.appendKeys(nil, []string{color}, "", "", 100); !slices.Equal(got, keys) {
			t.Errorf("%s: %v, want %v", color, got, keys)
		}
	}
	if len(ix.leaving) != 1 {
		t.Errorf("%d departures", len(ix.leaving))
	}
}

// What is indexed of a collection is bounded, and so is what is remembered of what could be.
func TestIndexesAreBounded(t *testing.T) {
	w := newWorld(t, 12, indexFrom)
	for range 2 {
		for i := range mostWanted + 100 {
			w.want(&Query{Scope: "/things/", Terms: []Term{{Attribute{Label, fmt.Sprint(i)}, []string{"x"}}}})
		}
	}
	w.running.Wait()
	if n := len(w.indexes.byTopic["/things/"]); n != mostIndexes {
		t.Errorf("%d indexes", n)
	}
	if n := len(w.indexes.wanted); n > mostWanted {
		t.Errorf("%d are wanted", n)
	}
	w.indexes.sweep(0, time.Now().Add(indexIdle+time.Second))
	if n := len(w.indexes.byTopic) + len(w.indexes.wanted); n > 0 {
		t.Errorf("%d are left", n)
	}
}

// A selector may name thousands of values. Reading what an index says of them costs no more than looking at everything.
func TestSelectOfManyValues(t *testing.T) {
	w := newWorld(t, 11, 6000)
	attribute := Attribute{Of: Label, Name: "a"}
	for i := range w.keys {
		w.set(t, i, fmt.Sprintf("a=%d", i%2000))
	}
	ix := w.indexed(t, attribute)
	v, _ := w.Latest()
	size := v.Count("/things/", "")
	for _, c := range []struct {
		values  int
		indexed bool
	}{{1, true}, {2, true}, {50, true}, {600, false}, {1900, false}, {7000, false}} {
		q := Query{Scope: "/things/", Prefix: "/things/", Terms: []Term{{Attribute: attribute}}}
		for i := range c.values {
			q.Terms[0].Values = append(q.Terms[0].Values, fmt.Sprint(i))
		}
		r := reading{view: v, from: q.Prefix, end: prefixEnd(q.Prefix)}
		r.plan(&w.indexes, &q, size)
		if (r.index == ix) != c.indexed {
			t.Errorf("%d values: by index is %v", c.values, r.index == ix)
		}
		if n := ix.count(q.Terms[0].Values, r.from, r.end); r.index != nil && effort(n, c.values) > size {
			t.Errorf("%d values name %d keys: %d looks for a collection of %d", c.values, n, effort(n, c.values), size)
		}
		compare(t, w.Cache, v, q, 0)
		compare(t, w.Cache, v, q, 100)
	}
}

// An object may have thousands of owners, and some of them twice.
func TestManyOwners(t *testing.T) {
	w := newWorld(t, 12, 1000)
	value := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "owner=o%d owner=o%d ", i, i)
		}
		return b.String()
	}
	w.set(t, 1, value(0, 5000))
	ix := w.indexed(t, Attribute{Of: Owner})
	left := len(ix.leaving)
	w.set(t, 1, value(2, 5001))
	if got := len(ix.leaving) - left; got != 2 {
		t.Errorf("%d owners are left, want 2", got)
	}
	for owner, want := range map[string]int{"o0": 1, "o1": 1, "o2": 1, "o4999": 1, "o5000": 1, "o5001": 0} {
		// What has left is found until the history forgets it.
		if got := ix.count([]string{owner}, "/", ""); got != want {
			t.Errorf("%s owns %d, want %d", owner, got, want)
		}
	}
}

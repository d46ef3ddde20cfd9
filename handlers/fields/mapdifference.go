package fields

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// mapDifference is a difference of objects that are maps. It also finds what does not fit the schemas: there the library gives up the
// owners of the whole object.
type mapDifference struct{ difference }

// compareMaps finds the differences of two objects of a kind; reset are fields that this endpoint does not write.
func compareMaps(t Tree, old, next map[string]any, reset *resetFields) *difference {
	d := &mapDifference{difference{changed: append(make(set, 0, 512), '{'), removed: append(make(set, 0, 64), '{')}}
	d.object(t, old, next, reset)
	d.changed, d.removed = append(d.changed, '}'), append(d.removed, '}')
	return &d.difference
}

// absent is a value that is not there, which null is.
type absent struct{}

func isAbsent(v any) bool { return v == absent{} }

func in(m map[string]any, key string) any {
	if v, found := m[key]; found {
		return v
	}
	return absent{}
}

// object compares the objects themselves, of which identity and what the server counts belong to nobody.
func (d *mapDifference) object(t Tree, x, y map[string]any, reset *resetFields) {
	if t.Atomic() || t.Forms() != Map {
		d.unsure = true
		return
	}
	loose := t.Loose()
	for _, k := range unionOfKeys(x, y) {
		a, b := in(x, k), in(y, k)
		below := reset.below(k)
		switch {
		case k == "apiVersion" || k == "kind":
		case k == "metadata":
			if !below.all() {
				d.metadata(a, b, below)
			}
		default:
			d.named(t, k, a, b, loose, below)
		}
	}
}

// metadata compares the metadata of objects; the whole of it has no owner.
func (d *mapDifference) metadata(a, b any, reset *resetFields) {
	x, okX := a.(map[string]any)
	y, okY := b.(map[string]any)
	if !okX && !isAbsent(a) || !okY && !isAbsent(b) {
		d.unsure = true
		return
	}
	d.at(`"f:metadata":`, func() member {
		for _, k := range unionOfKeys(x, y) {
			if unownedMeta[k] {
				continue
			}
			d.named(metadataTree(), k, in(x, k), in(y, k), false, reset.below(k))
		}
		return member{}
	})
}

// named compares a member of two maps.
func (d *mapDifference) named(t Tree, key string, a, b any, loose bool, reset *resetFields) {
	sub, ok := d.property(t, key, loose)
	if !ok {
		d.unsure = true
		return
	}
	if reset.all() {
		d.fits(sub, a, loose)
		d.fits(sub, b, loose)
		return
	}
	if !plain(key) {
		d.unsure = true
		return
	}
	d.at(`"f:`+key+`":`, func() member { return d.any(sub, a, b, loose, reset) })
}

// property is the schema of a member; false when it may not be there.
func (d *mapDifference) property(t Tree, key string, loose bool) (Tree, bool) {
	if t == nil {
		return nil, true
	}
	if t.Embedded() {
		switch key {
		case "apiVersion", "kind":
			return textTree{}, true
		case "metadata":
			return metadataTree(), true
		}
	}
	sub, presence := t.Property(key)
	switch presence {
	case Declared, Entry, Free:
		return sub, true
	case Unknown:
		return nil, loose
	}
	return nil, false
}

// formOf is the form of a value; 0 for null and what is not there.
func formOf(v any) Forms {
	switch v.(type) {
	case map[string]any:
		return Map
	case []any:
		return List
	case string:
		return Text
	case bool:
		return Boolean
	case int64, float64:
		return Number
	}
	return 0
}

func allowed(t Tree, form Forms) bool { return t == nil || form == 0 || t.Forms()&form != 0 }

// any compares two values of which at least one is there.
func (d *mapDifference) any(t Tree, x, y any, loose bool, reset *resetFields) member {
	fx, fy := formOf(x), formOf(y)
	if !allowed(t, fx) || !allowed(t, fy) || fx != 0 && fy != 0 && fx != fy && (fx|fy)&(Map|List) != 0 {
		d.unsure = true
		return member{}
	}
	if t != nil && t.Loose() {
		loose = true
	}
	switch fx | fy {
	case Map:
		a, _ := x.(map[string]any)
		b, _ := y.(map[string]any)
		if t != nil && t.Atomic() || len(a) == 0 && len(b) == 0 {
			return d.leaf(t, x, y, loose)
		}
		return d.whole(x, y, func() {
			for _, k := range unionOfKeys(a, b) {
				d.named(t, k, in(a, k), in(b, k), loose, reset.below(k))
			}
		})
	case List:
		merge, keys := schema.Atomic, []string(nil)
		if t != nil {
			merge, keys = t.List()
		}
		a, _ := x.([]any)
		b, _ := y.([]any)
		if merge == schema.Atomic || len(a) == 0 && len(b) == 0 {
			return d.leaf(t, x, y, loose)
		}
		return d.whole(x, y, func() { d.list(t, a, b, loose, merge, keys) })
	}
	return d.leaf(t, x, y, loose)
}

// whole writes what is in a value that was there on both sides, or is a member itself.
func (d *mapDifference) whole(x, y any, content func()) member {
	m := member{changed: isAbsent(x), removed: isAbsent(y)}
	changed, removed := d.changed.begin(m.changed), d.removed.begin(m.removed)
	content()
	return member{changed: d.changed.end(changed, m.changed), removed: d.removed.end(removed, m.removed)}
}

// leaf compares values that have one owner.
func (d *mapDifference) leaf(t Tree, x, y any, loose bool) member {
	d.fits(t, x, loose)
	d.fits(t, y, loose)
	switch {
	case isAbsent(x):
		return member{changed: true}
	case isAbsent(y):
		return member{removed: true}
	}
	equal, sure := sameJSON(x, y)
	if !sure {
		d.unsure = true
	}
	return member{changed: !equal}
}

// fits finds values that do not fit their schemas, where they are not compared one by one.
func (d *mapDifference) fits(t Tree, v any, loose bool) {
	if t == nil || isAbsent(v) {
		return
	}
	if !allowed(t, formOf(v)) {
		d.unsure = true
		return
	}
	loose = loose || t.Loose()
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			sub, ok := d.property(t, k, loose)
			if !ok {
				d.unsure = true
				return
			}
			d.fits(sub, x, loose)
		}
	case []any:
		if merge, keys := t.List(); merge != schema.Atomic {
			if _, sure := mapItems(t, v, merge, keys); !sure {
				d.unsure = true
			}
		}
		items := t.Items()
		for _, x := range v {
			d.fits(items, x, loose)
		}
	}
}

// mapItem is an item of a set or a keyed list.
type mapItem struct {
	item
	value any
}

// mapItems are those of a list, sorted as FieldsV1 sorts them. False when only the library can tell.
func mapItems(t Tree, list []any, merge schema.Merge, keys []string) ([]mapItem, bool) {
	out := make([]mapItem, len(list))
	for i, v := range list {
		var ok bool
		if out[i], ok = mapItemOf(t, v, merge, keys); !ok || !sameKinds(out[0].parts, out[i].parts) {
			return nil, false
		}
	}
	slices.SortFunc(out, func(x, y mapItem) int { return compareParts(x.parts, y.parts) })
	for i := 1; i < len(out); i++ {
		if out[i].key == out[i-1].key {
			return nil, false
		}
	}
	return out, true
}

// mapItemOf is one item; false when only the library can tell its key.
func mapItemOf(t Tree, v any, merge schema.Merge, keys []string) (it mapItem, ok bool) {
	it.value = v
	if merge == schema.Set {
		p, is := partOfJSON(v)
		ok = is && it.nameByValue(p)
		return it, ok
	}
	ok = it.nameByKeys(t, v, keys)
	return it, ok
}

// nameByKeys makes the key of an item of a keyed list. keys are sorted.
func (it *mapItem) nameByKeys(t Tree, v any, keys []string) bool {
	content, ok := v.(map[string]any)
	if !ok {
		return false
	}
	it.parts = make([]part, len(keys))
	some := false
	for i, k := range keys {
		x, found := content[k]
		if !found {
			if sub, presence := t.Items().Property(k); presence == Declared && sub != nil {
				x = sub.Default()
			}
			if x == nil {
				continue
			}
		}
		if it.parts[i], some = partOfJSON(x); !some {
			return false
		}
	}
	b := append(make([]byte, 0, 64), `"k:{`...)
	for i, p := range it.parts {
		if b, ok = p.appendNamed(b, keys[i]); !ok {
			return false
		}
	}
	it.key = string(append(b, `}":`...))
	return some
}

// list compares the items of two lists by their keys, in the order of these.
func (d *mapDifference) list(t Tree, x, y []any, loose bool, merge schema.Merge, keys []string) {
	old, sure := mapItems(t, x, merge, keys)
	next, sureNext := mapItems(t, y, merge, keys)
	if !sure || !sureNext || len(old) > 0 && len(next) > 0 && !sameKinds(old[0].parts, next[0].parts) {
		d.unsure = true
		return
	}
	items := t.Items()
	inOrder(old, next, func(it *mapItem) *item { return &it.item }, func(key string, a, b *mapItem) {
		var x, y any = absent{}, absent{}
		if a != nil {
			x = a.value
		}
		if b != nil {
			y = b.value
		}
		d.at(key, func() member { return d.any(items, x, y, loose, nil) })
	})
}

// sameJSON compares two values; it is not sure where an integer stands against a float.
func sameJSON(x, y any) (equal, sure bool) {
	switch x := x.(type) {
	case map[string]any:
		other, ok := y.(map[string]any)
		if !ok || len(x) != len(other) {
			return false, true
		}
		for k, v := range x {
			w, found := other[k]
			if !found {
				return false, true
			}
			if equal, sure := sameJSON(v, w); !equal || !sure {
				return equal, sure
			}
		}
		return true, true
	case []any:
		other, ok := y.([]any)
		if !ok || len(x) != len(other) {
			return false, true
		}
		for i := range x {
			if equal, sure := sameJSON(x[i], other[i]); !equal || !sure {
				return equal, sure
			}
		}
		return true, true
	}
	if formOf(x) == Number && formOf(y) == Number && x != y {
		_, a := x.(float64)
		_, b := y.(float64)
		return false, a == b
	}
	if form := formOf(y); form == Map || form == List {
		return false, true
	}
	return x == y, true
}

func unionOfKeys(x, y map[string]any) []string {
	out := make([]string, 0, max(len(x), len(y)))
	for k := range x {
		out = append(out, k)
	}
	for k := range y {
		if _, found := x[k]; !found {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// textTree is that of the apiVersion and kind of an embedded resource.
type textTree struct{}

func (textTree) Forms() Forms                     { return Text }
func (textTree) Property(string) (Tree, Presence) { return nil, Forbidden }
func (textTree) Atomic() bool                     { return false }
func (textTree) Loose() bool                      { return false }
func (textTree) Embedded() bool                   { return false }
func (textTree) List() (schema.Merge, []string)   { return schema.Atomic, nil }
func (textTree) Items() Tree                      { return nil }
func (textTree) Default() any                     { return nil }

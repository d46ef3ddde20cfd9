package fields

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// isAppliedMaps is isApplied for objects that are maps. That the live object fits its schema is part of it: else the library refuses.
func (m *Manager) isAppliedMaps(a *resource.Applied, owned string) bool {
	live, ok := a.Live.(*unstructured.Unstructured)
	if !ok || m.Tree == nil {
		return false
	}
	t, ok := m.Tree()
	if !ok || t.Atomic() || t.Forms() != Map {
		return false
	}
	c := mapCover{cover: cover{fields: append(make(set, 0, len(owned)+len(itself)), '{')}}
	c.object(t, a.Configuration, live.Object, m.reset)
	return !c.unsure && string(append(c.fields, '}')) == owned && fitsWhole(t, live.Object)
}

// fitsWhole says whether all of an object fits its schema.
func fitsWhole(t Tree, o map[string]any) bool {
	d := mapDifference{}
	for k, v := range o {
		sub, ok := metadataTree(), true
		switch k {
		case "apiVersion", "kind":
			continue
		case "metadata":
		default:
			sub, ok = d.property(t, k, t.Loose())
		}
		if !ok {
			return false
		}
		d.fits(sub, v, t.Loose())
	}
	return !d.unsure
}

// mapCover is cover for objects that are maps.
type mapCover struct{ cover }

func (c *mapCover) object(t Tree, wanted, live map[string]any, reset *resetFields) {
	for _, k := range unionOfKeys(wanted, nil) {
		below := reset.below(k)
		switch {
		case k == "apiVersion" || k == "kind": // which isOwnKind has compared
		case below.all():
			c.unsure = true
		case k == "metadata":
			c.metadata(wanted[k], live[k], below)
		default:
			c.member(t, k, wanted[k], in(live, k), t.Loose())
		}
		if c.unsure {
			return
		}
	}
}

func (c *mapCover) metadata(wanted, live any, reset *resetFields) {
	w, ok := wanted.(map[string]any)
	l, has := live.(map[string]any)
	if !ok || !has {
		c.unsure = true
		return
	}
	o := c.fields.open(`"f:metadata":`)
	for _, k := range unionOfKeys(w, nil) {
		switch {
		case reset.below(k).all():
			c.unsure = true
		case unownedMeta[k]:
			c.same(w[k], in(l, k))
		default:
			c.member(metadataTree(), k, w[k], in(l, k), false)
		}
	}
	c.fields.close(o, false) // the whole of it has no owner
}

// member looks at a member of a map. What has its schema by its name is not owned by itself.
func (c *mapCover) member(t Tree, key string, wanted, live any, loose bool) {
	sub, ok := (&mapDifference{}).property(t, key, loose)
	if !ok || !plain(key) || isAbsent(live) {
		c.unsure = true
	}
	if c.unsure {
		return
	}
	named := t != nil && (t.Embedded() && (key == "apiVersion" || key == "kind" || key == "metadata"))
	if t != nil && !named {
		_, presence := t.Property(key)
		named = presence == Declared
	}
	c.at(`"f:`+key+`":`, !named, sub, wanted, live, loose)
}

// at writes what is owned below a key. An entry or an item (whole) is owned by itself, too.
func (c *mapCover) at(key string, whole bool, t Tree, wanted, live any, loose bool) {
	o := c.fields.open(key)
	begun := c.fields.begin(whole)
	leaf := c.value(t, wanted, live, loose)
	c.fields.close(o, c.fields.end(begun, whole) || leaf)
}

// value is one wanted value; what is returned says whether it is owned by itself, which the caller writes.
func (c *mapCover) value(t Tree, wanted, live any, loose bool) (leaf bool) {
	if form := formOf(wanted); c.unsure || wanted == nil || !allowed(t, form) || form != formOf(live) {
		c.unsure = true
		return false
	}
	loose = loose || t != nil && t.Loose()
	switch w := wanted.(type) {
	case map[string]any:
		if t != nil && t.Atomic() {
			break
		}
		l := live.(map[string]any)
		for _, k := range unionOfKeys(w, nil) {
			c.member(t, k, w[k], in(l, k), loose)
		}
		return len(w) == 0
	case []any:
		if t == nil {
			break
		}
		if merge, keys := t.List(); merge != schema.Atomic {
			c.items(t, w, live.([]any), loose, merge, keys)
			return false
		}
	}
	c.same(wanted, live)
	return true
}

// same compares values that have one owner.
func (c *mapCover) same(wanted, live any) {
	equal, sure := sameJSON(wanted, live)
	c.unsure = c.unsure || !equal || !sure || wanted == nil
}

// items finds the wanted items among the live ones, where they must be in the same order: a merge would put them into it.
func (c *mapCover) items(t Tree, wanted, live []any, loose bool, merge schema.Merge, keys []string) {
	if len(wanted) == 0 {
		c.unsure = c.unsure || len(live) > 0
		return
	}
	found := make([]mapItem, 0, len(wanted))
	beside := make(map[string]any, len(wanted))
	at := 0
	for _, w := range wanted {
		want, ok := mapItemOf(t, w, merge, keys)
		for has := false; ok && !has; at++ {
			if at == len(live) {
				c.unsure = true
				return
			}
			it, named := mapItemOf(t, live[at], merge, keys)
			if has = named && it.key == want.key; has {
				found, beside[it.key] = append(found, it), w
			}
		}
		if !ok {
			c.unsure = true
			return
		}
	}
	slices.SortFunc(found, func(x, y mapItem) int { return compareParts(x.parts, y.parts) })
	for i := range found {
		c.at(found[i].key, true, t.Items(), beside[found[i].key], found[i].value, loose)
	}
}

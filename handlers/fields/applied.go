package fields

import (
	"encoding/base64"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	gateresource "github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// isApplied says that an apply changes nothing, as most applies of GitOps tools do: the live object has all that the configuration
// wants, lists in its order, and the manager owns exactly these fields. Then the merge would give back the live object with the
// owners that it has. False means only that the merge must be asked.
// encoded are the sets of its entries.
func (m *Manager) isApplied(a *gateresource.Applied, encoded []string) bool {
	owned := m.appliedBy(a.Live.GetManagedFields(), encoded, a.Manager)
	if owned == "" {
		return false
	}
	if m.Types != nil {
		return m.isAppliedMaps(a, owned)
	}
	t, err := m.tables()
	if err != nil {
		return false
	}
	c := cover{fields: append(make(set, 0, len(owned)+len(itself)), '{')}
	live := value{Value: reflect.ValueOf(a.Live).Elem()}
	const typeMeta = 2 // apiVersion and kind, which isOwnKind has compared
	c.structure(t.root, a.Configuration, live, m.reset, typeMeta)
	return !c.unsure && string(append(c.fields, '}')) == owned
}

// appliedBy is what a manager owns of earlier applies, encoded; "" when it never applied.
func (m *Manager) appliedBy(entries []metav1.ManagedFieldsEntry, encoded []string, manager string) string {
	for i := range entries {
		if e := &entries[i]; e.Operation == metav1.ManagedFieldsOperationApply && e.Manager == manager && e.Subresource == m.Subresource {
			return encoded[i]
		}
	}
	return ""
}

// cover looks whether a live object has what a configuration wants, and writes the fields of the configuration.
type cover struct {
	fields set
	// unsure: something differs, or only the library can tell.
	unsure bool
}

// value is one wanted value; what is returned says whether it is owned by itself, which the caller writes.
func (c *cover) value(n *node, wanted any, live value, reset *resetFields) (leaf bool) {
	n, live = follow(n, live)
	if c.unsure || wanted == nil || !live.IsValid() {
		c.unsure = true
		return false
	}
	switch n.form {
	case structure:
		m, ok := wanted.(map[string]any)
		if !ok || n.atomic {
			break
		}
		c.structure(n, m, live, reset, 0)
		return len(m) == 0
	case mapping:
		m, ok := wanted.(map[string]any)
		if !ok || n.atomic {
			break
		}
		c.entries(n, m, live)
		return len(m) == 0
	case list:
		l, ok := wanted.([]any)
		if !ok || n.merge == schema.Atomic {
			break
		}
		c.items(n, l, live)
		return false
	}
	c.unsure = !isSame(n, wanted, live)
	return true
}

// at writes what is owned below a key. An entry or an item (whole) is owned by itself, too.
func (c *cover) at(key string, whole bool, n *node, wanted any, live value, reset *resetFields) {
	o := c.fields.open(key)
	begun := c.fields.begin(whole)
	leaf := c.value(n, wanted, live, reset)
	c.fields.close(o, c.fields.end(begun, whole) || leaf)
}

// structure looks at the fields of a struct; seen is how many of the wanted ones have been compared already.
func (c *cover) structure(n *node, wanted map[string]any, live value, reset *resetFields, seen int) {
	for i := range n.children {
		f := &n.children[i]
		w, ok := wanted[f.name]
		if !ok {
			continue
		}
		seen++
		below := reset.below(f.name)
		has := f.of(live)
		switch {
		case has.absent() || below.all():
			c.unsure = true
		case f.unowned:
			behind, has := follow(f.node, has)
			c.unsure = c.unsure || !isSame(behind, w, has)
		default:
			c.at(f.key, false, f.node, w, has, below)
		}
		if c.unsure {
			return
		}
	}
	c.unsure = seen != len(wanted)
}

func (c *cover) entries(n *node, wanted map[string]any, live value) {
	keys := make([]string, 0, len(wanted))
	for k := range wanted {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		has := entry(live, k)
		if has.absent() || !plain(k) {
			c.unsure = true
		}
		if c.unsure {
			return
		}
		c.at(`"f:`+k+`":`, true, n.element, wanted[k], has, nil)
	}
}

// items finds the wanted items among the live ones, where they must be in the same order: a merge would put them into it.
func (c *cover) items(n *node, wanted []any, live value) {
	if len(wanted) == 0 {
		c.unsure = live.Len() > 0
		return
	}
	if _, sure := items(n, live); !sure {
		c.unsure = true
		return
	}
	type pair struct {
		item
		wanted any
	}
	found := make([]pair, 0, len(wanted))
	at := 0
	for _, w := range wanted {
		key, ok := wantedItem(n, w)
		it := item{}
		for ; ok && at < live.Len(); at++ {
			it = item{value: value{Value: live.Index(at)}}
			if it.name(n) && it.key == key {
				break
			}
		}
		if !ok || at == live.Len() {
			c.unsure = true
			return
		}
		at++
		found = append(found, pair{it, w})
	}
	slices.SortFunc(found, func(x, y pair) int { return compareParts(x.parts, y.parts) })
	for _, f := range found {
		c.at(f.key, true, n.element, f.wanted, f.value, nil)
	}
}

// wantedItem is the key of an item of a configuration.
func wantedItem(n *node, wanted any) (key string, ok bool) {
	it := item{}
	if n.merge == schema.Set {
		p, ok := partOfJSON(wanted)
		ok = ok && it.nameByValue(p)
		return it.key, ok
	}
	m, ok := wanted.(map[string]any)
	if !ok {
		return "", false
	}
	it.parts = make([]part, len(n.keys))
	for i := range n.keys {
		v, has := m[n.keys[i].name]
		if it.parts[i], ok = partOfJSON(v); has && !ok {
			return "", false
		}
		if !has {
			it.parts[i], _ = partOfJSON(n.keys[i].fallback)
		}
	}
	ok = it.nameByParts(n)
	return it.key, ok
}

// isSame compares a wanted value with the whole of a live one, as JSON shows it. n is behind the pointers, as is live.
func isSame(n *node, wanted any, live value) bool {
	if wanted == nil || !live.IsValid() {
		return false
	}
	switch n.form {
	case scalar:
		return isSameScalar(n.kind, wanted, live.Value)
	case structure:
		m, ok := wanted.(map[string]any)
		seen := 0
		for i := range n.children {
			f := &n.children[i]
			w, has := m[f.name]
			x := f.of(live)
			if has == x.absent() {
				return false
			}
			if has {
				behind, x := follow(f.node, x)
				if seen++; !isSame(behind, w, x) {
					return false
				}
			}
		}
		return ok && seen == len(m)
	case list:
		l, ok := wanted.([]any)
		if !ok || len(l) != live.Len() {
			return false
		}
		for i := range l {
			behind, x := follow(n.element, value{Value: live.Index(i)})
			if !isSame(behind, l[i], x) {
				return false
			}
		}
		return true
	case mapping:
		m, ok := wanted.(map[string]any)
		if !ok || len(m) != live.Len() {
			return false
		}
		for k, w := range m {
			behind, x := follow(n.element, entry(live, k))
			if !isSame(behind, w, x) {
				return false
			}
		}
		return true
	}
	return false
}

func isSameScalar(kind schema.Kind, wanted any, live reflect.Value) bool {
	switch w := wanted.(type) {
	case bool:
		return kind == schema.Bool && w == live.Bool()
	case int64:
		switch kind {
		case schema.Int32, schema.Int64:
			return w == live.Int()
		case schema.IntOrString:
			x := inPlace[intstr.IntOrString](live)
			return x.Type == intstr.Int && w == int64(x.IntVal)
		}
	case float64:
		return kind == schema.Double && w == live.Float()
	case string:
		switch kind {
		case schema.String:
			return w == live.String()
		case schema.Bytes:
			return w == base64.StdEncoding.EncodeToString(live.Bytes())
		case schema.IntOrString:
			x := inPlace[intstr.IntOrString](live)
			return x.Type == intstr.String && w == x.StrVal
		case schema.Quantity:
			return w == inPlace[resource.Quantity](live).String()
		case schema.Time:
			return w == inPlace[metav1.Time](live).UTC().Format(time.RFC3339)
		}
	}
	return false
}

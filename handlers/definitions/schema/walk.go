package schema

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// walk goes through a value and changes it in place.
type walk struct {
	// track collects unknown; path is where the walk is.
	track   bool
	path    []step
	unknown []string
	// nulls removes those that are neither allowed nor defaulted.
	nulls bool
}

// step is a key, or an index where the key is empty and the index is not negative.
type step struct {
	key   string
	index int
}

func (w *walk) into(key string) {
	if w.track {
		w.path = append(w.path, step{key, -1})
	}
}

func (w *walk) at(i int) {
	if w.track {
		w.path = append(w.path, step{"", i})
	}
}

func (w *walk) out() {
	if w.track {
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *walk) record(key string) {
	if !w.track {
		return
	}
	var b strings.Builder
	for _, s := range w.path {
		if s.index >= 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.index))
			b.WriteByte(']')
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.key)
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(key)
	w.unknown = append(w.unknown, b.String())
}

// isMeta says whether a field belongs to every object. Embedded ones keep theirs without a schema.
func isMeta(key string) bool { return key == "metadata" || key == "kind" || key == "apiVersion" }

// prune removes unknown fields, and nulls where the walk does. n is nil for what no schema describes. root is the object itself,
// which is like an embedded one.
func (w *walk) prune(x any, n *node, root bool) {
	w.below(x, n, root, n != nil && n.is(preserve))
}

// below is prune of what is in a value. With keeps unknown fields stay, of the items of lists too; what is known within is pruned all
// the same.
func (w *walk) below(x any, n *node, root, keeps bool) {
	switch x := x.(type) {
	case map[string]any:
		if n == nil {
			for k := range x {
				w.record(k)
			}
			clear(x)
			return
		}
		for k, v := range x {
			sub, known := n.of(k)
			switch {
			case (root || n.is(embeds)) && isMeta(k):
				w.nullsBelow(x, k, v, sub)
			case !known && keeps:
			case !known:
				w.record(k)
				delete(x, k)
			case w.isNull(v, sub):
				delete(x, k)
			case !scalar(v):
				w.into(k)
				w.prune(v, sub, false)
				w.out()
			}
		}
	case []any:
		var items *node
		if n != nil {
			items = n.items
		}
		if keeps && items == nil {
			return
		}
		for i, v := range x {
			if scalar(v) {
				continue
			}
			w.at(i)
			w.below(v, items, false, keeps || items != nil && items.is(preserve))
			w.out()
		}
	}
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// isNull says whether a value is a null that goes.
func (w *walk) isNull(v any, n *node) bool {
	return w.nulls && v == nil && n != nil && !n.is(nullable) && n.rare().def == nil
}

// nullsBelow removes nulls where nothing is pruned: in the metadata of an object, if its schema says something of that.
func (w *walk) nullsBelow(in map[string]any, key string, v any, n *node) {
	if !w.nulls || n == nil {
		return
	}
	if w.isNull(v, n) {
		delete(in, key)
		return
	}
	w.nullsWithin(v, n)
}

func (w *walk) nullsWithin(v any, n *node) {
	if n == nil {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for k, y := range v {
			sub, _ := n.of(k)
			w.nullsBelow(v, k, y, sub)
		}
	case []any:
		for _, y := range v {
			w.nullsWithin(y, n.items)
		}
	}
}

// pruned are the unknown fields in order.
func (w *walk) pruned() []string {
	slices.Sort(w.unknown)
	return w.unknown
}

// fill fills in defaults.
func fill(x any, n *node) {
	if n == nil || !n.has(defaults) {
		return
	}
	switch x := x.(type) {
	case map[string]any:
		for _, i := range n.rare().defaulted {
			p := &n.props[i]
			if v, found := x[p.name]; !found || v == nil && !p.node.is(nullable) {
				x[p.name] = runtime.DeepCopyJSONValue(p.node.more.def)
			}
		}
		for k, v := range x {
			if p := n.prop(k); p != nil {
				fill(v, p)
			} else if n.addl != nil {
				if v == nil && !n.addl.is(nullable) {
					v = runtime.DeepCopyJSONValue(n.addl.rare().def)
					x[k] = v
				}
				fill(v, n.addl)
			}
		}
	case []any:
		if n.items == nil {
			return
		}
		for i, v := range x {
			if v == nil && !n.items.is(nullable) {
				v = runtime.DeepCopyJSONValue(n.items.rare().def)
				x[i] = v
			}
			fill(v, n.items)
		}
	}
}

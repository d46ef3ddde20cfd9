package codec

import (
	"math/bits"
	"reflect"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// needs are the fields that a message has once it was defaulted, and which of its messages have such fields. Where one is
// missing, the object was stored by a server that did not know the default yet: upstream applies defaults to everything it
// reads, so what readers must see is not what lies there.
//
// It knows the defaults of an object that says nothing, and those that the generated types set by themselves. That may be
// more than an object has which says something else: it costs the time to make that anew, and changes nothing.
type needs struct {
	// at are the fields by their numbers, all the bits of those that must be there.
	at  []need
	all uint64
}

type need struct {
	// bit is the field's own; 0 when it may be missing. full: its zero value stands for a missing one.
	bit  uint64
	full bool
	// below is what its messages need; nil for nothing.
	below *needs
}

// needsOf is what the message of an object needs that has nothing but its defaults; nil for nothing.
func needsOf(o any) (*needs, error) {
	p, v, err := planOf(o)
	if err != nil {
		return nil, err
	}
	return needsAmong(p.nodes, v, map[*plan]*needs{}), nil
}

// needsWithin is needsOf for what lies in a list or behind a pointer, where there may be none to look at.
func needsWithin(p *plan, t reflect.Type, made map[*plan]*needs) *needs {
	if n, found := made[p]; found {
		return n
	}
	made[p] = nil // a type within itself is left alone
	zero := reflect.New(t)
	if d, ok := zero.Interface().(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	made[p] = needsAmong(p.nodes, zero.Elem(), made)
	return made[p]
}

// needsAmong is for the fields of one message; v is the struct that they are in.
func needsAmong(nodes []planNode, v reflect.Value, made map[*plan]*needs) *needs {
	n := &needs{}
	for _, node := range nodes {
		var here need
		switch f := node.field; {
		case f == nil:
			here.below = needsAmong(node.inlined, v, made)
		case f.index < 0:
		case f.Kind == schema.Struct && v.Field(f.index).Kind() == reflect.Struct:
			here.below = needsAmong(f.element.nodes, v.Field(f.index), made)
		default:
			field := v.Field(f.index)
			if count := bits.OnesCount64(n.all); !field.IsZero() && field.Kind() != reflect.Struct && count < 64 {
				here.bit = 1 << count
				here.full = field.Kind() != reflect.Pointer && field.Kind() != reflect.Slice && field.Kind() != reflect.Map
				n.all |= here.bit
			}
			if f.Kind == schema.Struct && !f.isMap() {
				here.below = needsWithin(f.element, elementType(field.Type()), made)
			}
		}
		if here.bit != 0 || here.below != nil {
			for uint64(len(n.at)) <= node.number {
				n.at = append(n.at, need{})
			}
			n.at[node.number] = here
		}
	}
	if len(n.at) == 0 {
		return nil
	}
	return n
}

func elementType(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// met says whether a message has what it needs. It says so of an unreadable one too: its reader returns the error.
func (n *needs) met(b []byte) bool {
	if n == nil {
		return true
	}
	seen := uint64(0)
	for i := 0; i < len(b); {
		number, _, from, to, err := next(b, i)
		if err != nil {
			return true
		}
		if number < uint64(len(n.at)) {
			d := &n.at[number]
			if d.bit != 0 && !(d.full && (from == to || to == from+1 && b[from] == 0)) {
				seen |= d.bit
			}
			if d.below != nil && !d.below.met(b[from:to]) {
				return false
			}
		}
		i = to
	}
	return seen == n.all
}

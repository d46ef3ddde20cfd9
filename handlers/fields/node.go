package fields

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/gatehouse-dev/gatehouse/gen/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// form is how a value of a node is compared.
type form uint8

const (
	scalar form = iota
	structure
	mapping
	list
	// free is free JSON. The fast path finds only that it is equal; for differences it leaves the decision to the library.
	free
)

// node says how the values of one Go type are compared and merged in a field of the model. Nodes are immutable.
type node struct {
	form form
	kind schema.Kind
	// pointer is set when the Go value is a pointer to what the node describes.
	pointer bool
	// atomic values have one owner as a whole.
	atomic bool
	// merge is Set or Keyed for lists whose items have their own owners; Atomic for all others.
	merge schema.Merge
	keys  []keyField
	// element is the node of the elements of a list or map.
	element *node
	// children are the fields of a struct, sorted by name.
	children []child
}

// child is a field of a struct.
type child struct {
	name string
	// key is the name as FieldsV1 has it: "f:name":
	key   string
	index int
	flags schema.Flags
	// unowned fields never have an owner: identity and counters of the server.
	unowned bool
	node    *node
}

// keyField is a key of a list of type map.
type keyField struct {
	child
	fallback any
}

// unownedMeta are the fields of the metadata that never have an owner.
var unownedMeta = map[string]bool{
	"name": true, "namespace": true, "creationTimestamp": true, "selfLink": true, "uid": true, "generation": true,
	"managedFields": true, "resourceVersion": true,
}

// place distinguishes the positions of one type: the root of an object and its metadata have unowned fields.
type place uint8

const (
	inside place = iota
	root
	metadata
)

type nodeKey struct {
	goType  reflect.Type
	message *schema.Message
	merge   schema.Merge
	place   place
}

// nodes are shared by all kinds. A map is published only when all nodes in it are complete, because types refer to themselves.
var nodes struct {
	sync.RWMutex
	made map[nodeKey]*node
}

// rootNode is the node of a kind.
func rootNode(t reflect.Type, m *schema.Message) (*node, error) {
	key := nodeKey{goType: t, message: m, place: root}
	nodes.RLock()
	n := nodes.made[key]
	nodes.RUnlock()
	if n != nil {
		return n, nil
	}
	nodes.Lock()
	defer nodes.Unlock()
	b := builder{}
	n, err := b.structure(t, m, 0, root)
	if err != nil {
		return nil, err
	}
	all := make(map[nodeKey]*node, len(nodes.made)+len(b))
	for k, n := range nodes.made {
		all[k] = n
	}
	for k, n := range b {
		all[k] = n
	}
	nodes.made = all
	return n, nil
}

// builder has the nodes under construction.
type builder map[nodeKey]*node

func (b builder) structure(t reflect.Type, m *schema.Message, merge schema.Merge, at place) (*node, error) {
	key := nodeKey{t, m, merge, at}
	if n := nodes.made[key]; n != nil {
		return n, nil
	}
	if n := b[key]; n != nil {
		return n, nil
	}
	n := &node{form: structure, kind: schema.Struct, atomic: merge == schema.Atomic || m.Atomic && merge != schema.Granular}
	b[key] = n
	index := object.JSONFields(t)
	for i := range m.Fields() {
		f := &m.Fields()[i]
		if f.Number == 0 {
			continue // apiVersion and kind
		}
		goField, ok := index[f.Name]
		if !ok {
			return nil, fmt.Errorf("%v has no field %s", t, f.Name)
		}
		c := child{name: f.Name, key: `"f:` + f.Name + `":`, index: goField, flags: f.Flags}
		below := inside
		switch at {
		case root:
			if f.Name == "metadata" {
				below = metadata
			}
		case metadata:
			c.unowned = unownedMeta[f.Name]
		}
		var err error
		if c.node, err = b.field(t.Field(goField).Type, f, below); err != nil {
			return nil, fmt.Errorf("%s.%w", f.Name, err)
		}
		n.children = append(n.children, c)
	}
	slices.SortFunc(n.children, func(x, y child) int { return cmp.Compare(x.name, y.name) })
	return n, nil
}

// field is the node of a field's value.
func (b builder) field(t reflect.Type, f *schema.Field, at place) (*node, error) {
	switch {
	case f.Flags&schema.Map != 0:
		element, err := b.value(t.Elem(), f, 0, at)
		return &node{form: mapping, kind: f.Kind, atomic: f.Merge == schema.Atomic, element: element}, err
	case f.Flags&schema.Repeated != 0:
		element, err := b.value(t.Elem(), f, 0, at)
		if err != nil {
			return nil, err
		}
		n := &node{form: list, kind: f.Kind, merge: max(f.Merge, schema.Atomic), element: element}
		for _, k := range f.Keys() {
			i, found := slices.BinarySearchFunc(element.children, k.Name, func(c child, name string) int { return cmp.Compare(c.name, name) })
			if !found {
				return nil, fmt.Errorf("the items have no key %s", k.Name)
			}
			n.keys = append(n.keys, keyField{child: element.children[i], fallback: k.Default})
		}
		return n, nil
	}
	return b.value(t, f, f.Merge, at)
}

// value is the node of one value: of a field, an item or a map entry.
func (b builder) value(t reflect.Type, f *schema.Field, merge schema.Merge, at place) (*node, error) {
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	switch f.Kind {
	case schema.Struct:
		n, err := b.structure(t, f.Element(), merge, at)
		if err != nil || !pointer {
			return n, err
		}
		return &node{form: structure, kind: f.Kind, pointer: true, element: n}, nil
	case schema.Strings:
		element := &node{form: scalar, kind: schema.String}
		return &node{form: list, kind: schema.Strings, merge: schema.Atomic, element: element}, nil
	case schema.Raw, schema.FieldsV1, schema.AnyJSON, schema.SchemaOrBool, schema.SchemaOrArray, schema.SchemaOrStrings:
		return &node{form: free, kind: f.Kind, pointer: pointer}, nil
	}
	return &node{form: scalar, kind: f.Kind, pointer: pointer}, nil
}

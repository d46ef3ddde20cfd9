package schema

import (
	"github.com/gatehouse-dev/gatehouse/gen/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/fields"
)

// tree is a node as owners of fields see it.
type tree node

// Tree is the schema as owners of fields see it; not ok where only MergeType says how objects are merged.
func (s *Schema) Tree() (t fields.Tree, ok bool) {
	made, err := s.ready()
	if err != nil || made.root == nil || s.PreserveUnknownFields {
		return nil, false
	}
	return (*tree)(made.root), true
}

func treeOf(n *node) fields.Tree {
	if n == nil {
		return nil
	}
	return (*tree)(n)
}

func (t *tree) node() *node { return (*node)(t) }

// Forms implements fields.Tree.
func (t *tree) Forms() fields.Forms {
	switch t.types {
	case isString:
		return fields.Text
	case isInteger, isNumber:
		return fields.Number
	case isBoolean:
		return fields.Boolean
	case isArray:
		return fields.List
	case isObject:
		return fields.Map
	}
	return fields.Scalar | fields.List | fields.Map
}

// Property implements fields.Tree.
func (t *tree) Property(name string) (fields.Tree, fields.Presence) {
	n := t.node()
	if p := n.prop(name); p != nil {
		return (*tree)(p), fields.Declared
	}
	switch {
	case n.addl != nil:
		return (*tree)(n.addl), fields.Entry
	case n.is(noMore):
		return nil, fields.Forbidden
	case n.is(anyMore), len(n.props) == 0 && !n.is(embeds):
		return nil, fields.Free
	}
	return nil, fields.Unknown
}

// Atomic implements fields.Tree.
func (t *tree) Atomic() bool { return t.node().rare().mapType == "atomic" }

// Loose implements fields.Tree.
func (t *tree) Loose() bool { return t.node().is(preserve) }

// Embedded implements fields.Tree.
func (t *tree) Embedded() bool { return t.node().is(embeds) }

// List implements fields.Tree.
func (t *tree) List() (schema.Merge, []string) {
	m := t.node().rare()
	switch m.listType {
	case "set":
		return schema.Set, nil
	case "map":
		return schema.Keyed, m.sortedKeys
	}
	return schema.Atomic, nil
}

// Items implements fields.Tree.
func (t *tree) Items() fields.Tree { return treeOf(t.items) }

// Default implements fields.Tree.
func (t *tree) Default() any { return t.node().rare().def }

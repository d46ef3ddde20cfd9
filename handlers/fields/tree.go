package fields

import (
	"sync"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// Tree says how the values of one schema are compared and merged, for objects that are maps. A nil Tree is for JSON of any form: maps in
// it are merged by key, lists are one value. Implementations are pointers, and never change.
type Tree interface {
	// Forms are those that a value may have.
	Forms() Forms
	// Property is the schema of a member of a map.
	Property(name string) (Tree, Presence)
	// Atomic maps have one owner as a whole.
	Atomic() bool
	// Loose: unknown members are kept, here and in all that is below.
	Loose() bool
	// Embedded values have the apiVersion, kind and metadata that every object has.
	Embedded() bool
	// List says how items are told apart: Set, Keyed with the names of the keys, or Atomic.
	List() (merge schema.Merge, keys []string)
	// Items is the schema of the items of a list.
	Items() Tree
	// Default is the default of the value, for keys.
	Default() any
}

// Forms are forms of JSON.
type Forms uint8

// The forms; null is one of every value.
const (
	Text Forms = 1 << iota
	Number
	Boolean
	Map
	List

	Scalar = Text | Number | Boolean
)

// Presence says whether a member of a map may be there.
type Presence uint8

const (
	// Declared members have a schema.
	Declared Presence = iota
	// Entry members have a schema that is not theirs by name.
	Entry
	// Free members may be there and have any form.
	Free
	// Unknown members may be there below something Loose.
	Unknown
	// Forbidden members may never be there.
	Forbidden
)

// message is the Tree of a message of the model, element that of one value of a field, and property that of a field. Each is one
// pointer, so that making one costs nothing.
type (
	message  struct{ of *schema.Message }
	element  struct{ of *schema.Field }
	property struct{ element }
)

// metadataTree is that of the metadata of all objects.
var metadataTree = sync.OnceValue(func() Tree { return message{schema.ByName("meta/v1.ObjectMeta")} })

func (message) Forms() Forms                   { return Map }
func (m message) Atomic() bool                 { return m.of.Atomic }
func (message) Loose() bool                    { return false }
func (message) Embedded() bool                 { return false }
func (message) Default() any                   { return nil }
func (message) Items() Tree                    { return nil }
func (message) List() (schema.Merge, []string) { return schema.Atomic, nil }

// Property implements Tree.
func (m message) Property(name string) (Tree, Presence) {
	all := m.of.Fields()
	for i := range all {
		if all[i].Name == name {
			return property{element{&all[i]}}, Declared
		}
	}
	return nil, Unknown
}

func (e element) Atomic() bool                 { return e.of.Kind == schema.Struct && e.of.Element().Atomic }
func (element) Loose() bool                    { return false }
func (element) Embedded() bool                 { return false }
func (element) Default() any                   { return nil }
func (element) Items() Tree                    { return nil }
func (element) List() (schema.Merge, []string) { return schema.Atomic, nil }

// Forms implements Tree.
func (e element) Forms() Forms {
	switch e.of.Kind {
	case schema.Struct, schema.FieldsV1:
		return Map
	case schema.Bool:
		return Boolean
	case schema.Int32, schema.Int64, schema.Double:
		return Number
	case schema.String, schema.Bytes:
		return Text
	case schema.Time, schema.MicroTime:
		return Scalar
	}
	return 0 // of which nothing in metadata is
}

// Property implements Tree.
func (e element) Property(name string) (Tree, Presence) {
	if e.of.Kind == schema.Struct {
		return message{e.of.Element()}.Property(name)
	}
	return nil, Free
}

// Forms implements Tree.
func (p property) Forms() Forms {
	switch {
	case p.of.Flags&schema.Map != 0:
		return Map
	case p.of.Flags&schema.Repeated != 0:
		return List
	}
	return p.element.Forms()
}

// Atomic implements Tree.
func (p property) Atomic() bool {
	if p.of.Flags&schema.Map != 0 {
		return p.of.Merge == schema.Atomic
	}
	return p.element.Atomic()
}

// Property implements Tree.
func (p property) Property(name string) (Tree, Presence) {
	if p.of.Flags&schema.Map != 0 {
		return p.element, Entry
	}
	return p.element.Property(name)
}

// Items implements Tree.
func (p property) Items() Tree { return p.element }

// List implements Tree.
func (p property) List() (schema.Merge, []string) {
	var keys []string
	for _, k := range p.of.Keys() {
		keys = append(keys, k.Name)
	}
	return max(p.of.Merge, schema.Atomic), keys
}

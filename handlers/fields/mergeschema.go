package fields

import (
	"github.com/gatehouse-dev/gatehouse/gen/schema"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// The library's names for types without a schema.
const (
	untypedName = "__untyped_atomic_"
	deducedName = "__untyped_deduced_"
)

// mergeType makes the library's merge schema of a kind from the tables of the model, with the types that it needs only. Types have
// their published names, which appear in error texts.
func mergeType(m *schema.Message) *typed.ParseableType {
	b := &mergeBuilder{types: &smd.Schema{}, made: map[string]bool{}}
	name := b.message(m)
	b.types.Types = append(b.types.Types,
		smd.TypeDef{Name: untypedName, Atom: untyped(untypedName, smd.Atomic)}, smd.TypeDef{Name: deducedName, Atom: untyped(deducedName, smd.Separable)})
	return &typed.ParseableType{Schema: b.types, TypeRef: smd.TypeRef{NamedType: &name}}
}

// untyped is the atom of free JSON: maps of it are merged by relationship, lists are atomic.
func untyped(entries string, relationship smd.ElementRelationship) smd.Atom {
	items := untypedName
	return smd.Atom{
		Scalar: scalarOf("untyped"),
		List:   &smd.List{ElementType: smd.TypeRef{NamedType: &items}, ElementRelationship: smd.Atomic},
		Map:    &smd.Map{ElementType: smd.TypeRef{NamedType: &entries}, ElementRelationship: relationship},
	}
}

func scalarOf(s smd.Scalar) *smd.Scalar { return &s }

type mergeBuilder struct {
	types *smd.Schema
	made  map[string]bool
}

// message adds the type of a message and all types that it refers to, and returns its name.
func (b *mergeBuilder) message(m *schema.Message) string {
	if b.made[m.Model] {
		return m.Model
	}
	b.made[m.Model] = true
	at := len(b.types.Types)
	b.types.Types = append(b.types.Types, smd.TypeDef{Name: m.Model})
	s := &smd.Map{}
	if m.Atomic {
		s.ElementRelationship = smd.Atomic
	}
	for i := range m.Fields() {
		f := &m.Fields()[i]
		s.Fields = append(s.Fields, smd.StructField{Name: f.Name, Type: b.field(f)})
	}
	for i := range m.Fields() {
		b.keyDefaults(&m.Fields()[i])
	}
	if len(s.Fields) == 0 {
		deduced := deducedName
		s.ElementType = smd.TypeRef{NamedType: &deduced}
	}
	b.types.Types[at].Atom.Map = s
	return m.Model
}

// keyDefaults puts the defaults of a list's keys into the type of its items. The library uses no other defaults.
func (b *mergeBuilder) keyDefaults(f *schema.Field) {
	for _, k := range f.Keys() {
		if k.Default == nil {
			continue
		}
		for i := range b.types.Types {
			t := &b.types.Types[i]
			if t.Name != f.Element().Model || t.Map == nil {
				continue
			}
			for j := range t.Map.Fields {
				if t.Map.Fields[j].Name == k.Name {
					t.Map.Fields[j].Default = k.Default
				}
			}
		}
	}
}

func (b *mergeBuilder) field(f *schema.Field) smd.TypeRef {
	switch {
	case f.Flags&schema.Map != 0:
		m := &smd.Map{ElementType: b.value(f)}
		switch f.Merge {
		case schema.Atomic:
			m.ElementRelationship = smd.Atomic
		case schema.Granular:
			m.ElementRelationship = smd.Separable
		}
		return smd.TypeRef{Inlined: smd.Atom{Map: m}}
	case f.Flags&schema.Repeated != 0:
		l := &smd.List{ElementType: b.value(f), ElementRelationship: smd.Atomic}
		if f.Merge == schema.Set || f.Merge == schema.Keyed {
			l.ElementRelationship = smd.Associative
		}
		for _, k := range f.Keys() {
			l.Keys = append(l.Keys, k.Name)
		}
		return smd.TypeRef{Inlined: smd.Atom{List: l}}
	}
	ref := b.value(f)
	if ref.NamedType != nil && f.Kind == schema.Struct {
		relationship := map[schema.Merge]smd.ElementRelationship{schema.Atomic: smd.Atomic, schema.Granular: smd.Separable}[f.Merge]
		if relationship != "" {
			ref.ElementRelationship = &relationship
		}
	}
	return ref
}

// value is the type of one value of the field: of the field itself, an item or a map entry.
func (b *mergeBuilder) value(f *schema.Field) smd.TypeRef {
	named := func(name string) smd.TypeRef { return smd.TypeRef{NamedType: &name} }
	inlined := func(s smd.Scalar) smd.TypeRef { return smd.TypeRef{Inlined: smd.Atom{Scalar: &s}} }
	switch f.Kind {
	case schema.Struct:
		return named(b.message(f.Element()))
	case schema.Bool:
		return inlined(smd.Boolean)
	case schema.Int32, schema.Int64, schema.Double:
		return inlined(smd.Numeric)
	case schema.String, schema.Bytes:
		return inlined(smd.String)
	case schema.Quantity, schema.Time, schema.MicroTime:
		return inlined("untyped")
	case schema.Raw:
		return named(untypedName)
	case schema.Strings:
		return smd.TypeRef{Inlined: smd.Atom{List: &smd.List{ElementType: inlined(smd.String), ElementRelationship: smd.Atomic}}}
	case schema.FieldsV1:
		deduced := deducedName
		return smd.TypeRef{Inlined: smd.Atom{Map: &smd.Map{ElementType: smd.TypeRef{NamedType: &deduced}}}}
	}
	// JSON of any form, and what is a number or a text.
	anyJSON := untyped(deducedName, "")
	return smd.TypeRef{Inlined: anyJSON}
}

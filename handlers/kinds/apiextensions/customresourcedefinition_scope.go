package apiextensions

import (
	"errors"
	"math"
	"math/bits"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// scope is what rules at a place in a schema know: the types there, and how often the place can occur in an object.
type scope struct {
	parent *scope
	schema *hubSchema
	// step finds the types in those of the parent.
	step step
	// ruled: there are rules here or above, so that types will be asked for. They are made once, at the highest rule.
	ruled bool
	made  *types
	err   error
	// most is how many values there can be; nil when there is no limit.
	most  *uint64
	total *total
}

// types are a part of a schema as rules see it. Some parts have none that could be declared; rules below are not asked for.
type types struct {
	schema   *structuralschema.Structural
	declared *apiservercel.DeclType
}

type step func(*types) *types

func rootScope(s *hubSchema) *scope {
	one := uint64(1)
	return &scope{schema: s, ruled: len(s.XValidations) > 0, most: &one, total: &total{}}
}

// child is the scope of a part; that of no scope is none.
func (s *scope) child(of *hubSchema, to step) *scope {
	if s == nil {
		return nil
	}
	c := &scope{parent: s, schema: of, step: to, ruled: s.ruled || of != nil && len(of.XValidations) > 0, total: s.total}
	if s.schema == nil || s.most == nil {
		return c
	}
	if n := elements(s.schema); n != nil {
		product := times(*s.most, *n)
		c.most = &product
	}
	return c
}

// elements is how many values a schema has for each of its own; nil when there is no limit.
func elements(s *hubSchema) *uint64 {
	n := int64(1)
	limit := &n
	switch {
	case s.Type == "object" && s.AdditionalProperties != nil:
		limit = s.MaxProperties
	case s.Type == "array":
		limit = s.MaxItems
	}
	if limit == nil {
		return nil
	}
	out := uint64(max(0, *limit))
	return &out
}

// types of the place; nil where there are no rules here or above.
func (s *scope) types() (*types, error) {
	if s == nil || !s.ruled {
		return nil, nil
	}
	if s.made != nil || s.err != nil {
		return s.made, s.err
	}
	if s.parent != nil {
		above, err := s.parent.types()
		if err != nil {
			s.err = err
			return nil, err
		}
		if above != nil && s.step != nil {
			if s.made = s.step(above); s.made != nil {
				return s.made, nil
			}
		}
	}
	s.made, s.err = typesOf(s.schema, s.parent == nil || s.schema.XEmbeddedResource)
	return s.made, s.err
}

func typesOf(s *hubSchema, resource bool) (*types, error) {
	structural, err := structuralschema.NewStructural(s)
	if err != nil {
		return nil, err
	}
	declared := model.SchemaDeclType(structural, resource)
	if declared == nil {
		return nil, errors.New("unable to convert structural schema to CEL declarations")
	}
	return &types{structural, declared}, nil
}

func ofProperty(name string) step {
	return func(t *types) *types {
		escaped, ok := apiservercel.Escape(name)
		if !ok || t.declared == nil || t.schema.Properties == nil {
			return nil
		}
		declared, ok := t.declared.Fields[escaped]
		if !ok {
			return nil
		}
		of := t.schema.Properties[name]
		return &types{&of, declared.Type}
	}
}

func ofItems(t *types) *types {
	if t.declared == nil || t.schema.Items == nil {
		return nil
	}
	return &types{t.schema.Items, t.declared.ElemType}
}

func ofValues(t *types) *types {
	if t.declared == nil || t.schema.AdditionalProperties == nil {
		return nil
	}
	return &types{t.schema.AdditionalProperties.Structural, t.declared.ElemType}
}

// cost of a rule for a whole object.
func (s *scope) cost(r schemacel.CompilationResult) uint64 {
	if s.most != nil {
		return times(r.MaxCost, *s.most)
	}
	return times(r.MaxCost, r.MaxCardinality)
}

// times multiplies up to the greatest number.
func times(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high > 0 {
		return math.MaxUint64
	}
	return low
}

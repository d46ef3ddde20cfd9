package schema

import (
	"encoding/json"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// structural is a node as the library's rules need it: what types and costs follow from. Of the rules it has only the node's own, so
// that the library compiles these and no others.
func (n *node) structural() (*schema.Structural, error) {
	s := n.bare()
	if err := json.Unmarshal([]byte(n.rare().rules), &s.XValidations); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return s, nil
}

// bare is structural without rules.
func (n *node) bare() *schema.Structural {
	m := n.rare()
	s := &schema.Structural{
		Generic: schema.Generic{Nullable: n.is(nullable), Default: schema.JSON{Object: m.def}},
		Extensions: schema.Extensions{
			XPreserveUnknownFields: n.is(preserve), XEmbeddedResource: n.is(embeds), XIntOrString: n.is(intOrString), XListMapKeys: m.keys,
		},
		ValueValidation: &schema.ValueValidation{
			Format: n.format, Pattern: m.pattern, Required: n.required,
			Minimum: m.min, Maximum: m.max, ExclusiveMinimum: m.exclusiveMin, ExclusiveMaximum: m.exclusiveMax, MultipleOf: m.multipleOf,
			MinLength: m.minLength, MaxLength: m.maxLength, MinItems: m.minItems, MaxItems: m.maxItems, MinProperties: m.minProperties, MaxProperties: m.maxProperties,
		},
	}
	for name, t := range typeNames {
		if n.types == t {
			s.Type = name
		}
	}
	// Copies: a pointer into the node would keep all that the node refers to.
	if listType := m.listType; listType != "" {
		s.XListType = &listType
	}
	if mapType := m.mapType; mapType != "" {
		s.XMapType = &mapType
	}
	for _, e := range m.enum {
		s.ValueValidation.Enum = append(s.ValueValidation.Enum, schema.JSON{Object: e})
	}
	if n.items != nil {
		s.Items = n.items.bare()
	}
	if n.addl != nil {
		s.AdditionalProperties = &schema.StructuralOrBool{Structural: n.addl.bare(), Bool: true}
	} else if n.flags&(anyMore|noMore) != 0 {
		s.AdditionalProperties = &schema.StructuralOrBool{Bool: n.is(anyMore)}
	}
	if len(n.props) > 0 {
		s.Properties = make(map[string]schema.Structural, len(n.props))
		for i := range n.props {
			s.Properties[n.props[i].name] = *n.props[i].node.bare()
		}
	}
	return s
}

// declares says whether the library has a type for the values of a node. Where it has none, no rule can see them.
func (n *node) declares() bool {
	switch {
	case n.is(intOrString):
		return true
	case n.types == isArray:
		return n.items != nil && n.items.is(declared)
	case n.types == isObject:
		return n.addl == nil || n.addl.is(declared)
	}
	return n.types != 0
}

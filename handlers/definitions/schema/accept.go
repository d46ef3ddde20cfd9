package schema

import (
	"math"
	"reflect"
	"unicode/utf8"

	"k8s.io/kube-openapi/pkg/validation/strfmt"
)

// verdict of a value: only yes is an answer. Anything else goes to the library, whose texts are the faults. That a value is not valid
// must be sure, too, for schemas that say what a value may not be.
type verdict int8

const (
	no verdict = iota
	unsure
	yes
)

// accept says whether the library finds a value valid.
func (n *node) accept(v any) verdict {
	m := n.rare()
	if n.types == 0 && !n.is(intOrString) && n.format != "" {
		return unsure // the library judges a format without a type in ways of its own
	}
	if v == nil {
		switch {
		case (n.types != 0 || n.is(intOrString)) && !n.is(nullable):
			return no
		case len(m.enum) > 0:
			return unsure
		}
		return yes
	}
	var own verdict
	switch v := v.(type) {
	case map[string]any:
		own = n.acceptObject(v)
	case []any:
		own = n.acceptList(v)
	case string:
		own = n.acceptString(v)
	case bool:
		own = n.typed(isBoolean)
	case int64:
		own = n.acceptInteger(v)
	case float64:
		own = n.acceptFloat(v)
	default:
		own = unsure
	}
	if own == no || m == none {
		return own
	}
	return min(own, m.acceptAlso(v))
}

// typed is the verdict of a value of one of these types, as far as the type goes.
func (n *node) typed(t types) verdict {
	have := n.types
	if n.is(intOrString) {
		have = isInteger | isString
	}
	switch {
	case have == 0 || have&t != 0:
		return yes
	case n.is(checked):
		return unsure // a format lets values of other types pass
	}
	return no
}

func (n *node) acceptObject(x map[string]any) verdict {
	out := n.typed(isObject)
	if out == no {
		return no
	}
	m := n.rare()
	if m.minProperties != nil && int64(len(x)) < *m.minProperties || m.maxProperties != nil && int64(len(x)) > *m.maxProperties {
		return no
	}
	for _, r := range n.required {
		if _, found := x[r]; !found {
			return no
		}
	}
	for k, v := range x {
		sub, _ := n.of(k)
		switch {
		case sub != nil:
			if out = min(out, sub.accept(v)); out == no {
				return no
			}
		case n.is(noMore):
			return no
		}
	}
	return out
}

func (n *node) acceptList(x []any) verdict {
	out := n.typed(isArray)
	if out == no {
		return no
	}
	m := n.rare()
	if m.minItems != nil && int64(len(x)) < *m.minItems || m.maxItems != nil && int64(len(x)) > *m.maxItems {
		return no
	}
	if m.uniqueness {
		out = unsure
	}
	if n.items == nil {
		return out
	}
	for _, v := range x {
		if out = min(out, n.items.accept(v)); out == no {
			return no
		}
	}
	return out
}

func (n *node) acceptString(s string) verdict {
	out := n.typed(isString)
	if out == no {
		return no
	}
	m := n.rare()
	if m.minLength != nil || m.maxLength != nil {
		length := int64(utf8.RuneCountInString(s))
		if m.minLength != nil && length < *m.minLength || m.maxLength != nil && length > *m.maxLength {
			return no
		}
	}
	if m.re != nil {
		re := m.re()
		if re == nil {
			return unsure
		}
		if !re.MatchString(s) {
			return no
		}
	}
	if n.is(checked) && strfmt.Default.ContainsName(n.format) && !strfmt.Default.Validates(n.format, s) {
		return no
	}
	return out
}

// exact is the largest number up to which every integer is a float of its own.
const exact = 1 << 53

func (n *node) acceptInteger(i int64) verdict {
	out := n.typed(isInteger | isNumber)
	if out == no {
		return no
	}
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	if n.is(checked) {
		switch n.format {
		case "int32":
			least, most = math.MinInt32, math.MaxInt32
		case "int64", "double":
		default:
			return unsure
		}
	}
	if i < least || i > most {
		return no
	}
	m := n.rare()
	for _, bound := range []*float64{m.min, m.max} {
		// The library cuts a bound down to an integer, and has a fault for a bound that is none.
		if bound != nil && (*bound != math.Trunc(*bound) || math.Abs(*bound) > exact || *bound < float64(least) || *bound > float64(most)) {
			return unsure
		}
	}
	if m.multipleOf != nil {
		return unsure
	}
	if m.min != nil && (i < int64(*m.min) || m.exclusiveMin && i == int64(*m.min)) || m.max != nil && (i > int64(*m.max) || m.exclusiveMax && i == int64(*m.max)) {
		return no
	}
	return out
}

func (n *node) acceptFloat(f float64) verdict {
	if n.types != isNumber || n.is(checked) && n.format != "double" {
		return unsure
	}
	m := n.rare()
	if m.multipleOf != nil {
		return unsure
	}
	if m.min != nil && (f < *m.min || m.exclusiveMin && f == *m.min) || m.max != nil && (f > *m.max || m.exclusiveMax && f == *m.max) {
		return no
	}
	return yes
}

// acceptAlso is the verdict by what a schema may say of values of all types.
func (m *more) acceptAlso(v any) verdict {
	out := yes
	if len(m.enum) > 0 {
		if out = m.listed(v); out == no {
			return no
		}
	}
	for _, sub := range m.allOf {
		if out = min(out, sub.accept(v)); out == no {
			return no
		}
	}
	if len(m.anyOf) > 0 {
		best := no
		for _, sub := range m.anyOf {
			if best = max(best, sub.accept(v)); best == yes {
				break
			}
		}
		if out = min(out, best); out == no {
			return no
		}
	}
	if len(m.oneOf) > 0 {
		matches, sure := 0, true
		for _, sub := range m.oneOf {
			switch sub.accept(v) {
			case yes:
				matches++
			case unsure:
				sure = false
			}
		}
		switch {
		case matches > 1 || matches == 0 && sure:
			return no
		case !sure:
			out = unsure
		}
	}
	if m.not != nil {
		out = min(out, yes-m.not.accept(v))
	}
	return out
}

// listed says whether a value is one of the enumeration. The library converts values of other types in its own way.
func (m *more) listed(v any) verdict {
	if !reflect.TypeOf(v).Comparable() {
		return unsure
	}
	sure := true
	for _, e := range m.enum {
		if e == nil {
			continue
		}
		if reflect.TypeOf(e) != reflect.TypeOf(v) {
			sure = false
			continue
		}
		if e == v {
			return yes
		}
	}
	if sure {
		return no
	}
	return unsure
}

package schema

import (
	"crypto/sha256"
	"regexp"
)

// node is one schema as validation, pruning and defaulting need it, without its words. Nodes never change once they are in a pool.
type node struct {
	// props are sorted by name.
	props    []prop
	required []string
	items    *node
	// addl is the schema of further properties; with anyMore there may be any, with noMore none.
	addl   *node
	more   *more
	id     identity
	format string
	types  types
	flags  flags
	facts  facts
}

// identity tells nodes apart by content: two nodes with one identity are the same. Nobody can make two schemas that have one.
type identity [sha256.Size]byte

type prop struct {
	name string
	node *node
}

// more is what few schemas have.
type more struct {
	enum                                   []any
	pattern                                string
	re                                     func() *regexp.Regexp
	min, max, multipleOf                   *float64
	minLength, maxLength                   *int64
	minItems, maxItems                     *int64
	minProperties, maxProperties           *int64
	exclusiveMin, exclusiveMax, uniqueness bool
	allOf, anyOf, oneOf                    []*node
	not                                    *node
	// def is the default, pruned; nil without.
	def any
	// rules are x-kubernetes-validations as JSON.
	rules    string
	listType string
	mapType  string
	keys     []string
	// sortedKeys are keys in the order of their names.
	sortedKeys []string
	// defaulted are the indexes of props that have defaults.
	defaulted []uint32
}

type types uint8

const (
	isString types = 1 << iota
	isInteger
	isNumber
	isBoolean
	isArray
	isObject
)

var typeNames = map[string]types{"string": isString, "integer": isInteger, "number": isNumber, "boolean": isBoolean, "array": isArray, "object": isObject}

type flags uint8

const (
	nullable flags = 1 << iota
	preserve
	embeds
	intOrString
	anyMore
	noMore
	// checked: values are held to the format. Formats that this version of Kubernetes does not know say nothing.
	checked
	// declared: there is a type in CEL for the values.
	declared
)

// facts say what there is in a node and below it.
type facts uint8

const (
	// defaults: walking into a value may fill something in.
	defaults facts = 1 << iota
	embeddings
	rules
	// lists are sets or maps.
	lists
	// oddDefaults and oddRules are left to the libraries.
	oddDefaults
	oddRules
)

// none stands in for what few schemas have where one has not.
var none = &more{}

func (n *node) rare() *more {
	if n.more == nil {
		return none
	}
	return n.more
}

func (n *node) is(f flags) bool { return n.flags&f != 0 }

func (n *node) has(f facts) bool { return n.facts&f != 0 }

// prop is the schema of a named property, or nil.
func (n *node) prop(name string) *node {
	lo, hi := 0, len(n.props)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if n.props[mid].name < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(n.props) && n.props[lo].name == name {
		return n.props[lo].node
	}
	return nil
}

// of is the schema of the property of an object, named or not; known is false where the schema says nothing of it. A property may
// be known without a schema.
func (n *node) of(name string) (sub *node, known bool) {
	if p := n.prop(name); p != nil {
		return p, true
	}
	return n.addl, n.addl != nil || n.flags&(anyMore|noMore) != 0
}

// below visits the schemas of what is in a value: not those that a value itself must match, too.
func (n *node) below(visit func(*node)) {
	for i := range n.props {
		visit(n.props[i].node)
	}
	if n.items != nil {
		visit(n.items)
	}
	if n.addl != nil {
		visit(n.addl)
	}
}

package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
)

// content is a node being written down: every field, each of a length that can be told.
type content []byte

func (b *content) uint(i uint64) { *b = binary.AppendUvarint(*b, i) }

func (b *content) text(s string) {
	b.uint(uint64(len(s)))
	*b = append(*b, s...)
}

func (b *content) texts(list []string) {
	b.uint(uint64(len(list)))
	for _, s := range list {
		b.text(s)
	}
}

func (b *content) node(n *node) {
	if n == nil {
		*b = append(*b, 0)
		return
	}
	*b = append(append(*b, 1), n.id[:]...)
}

func (b *content) nodes(list []*node) {
	b.uint(uint64(len(list)))
	for _, n := range list {
		b.node(n)
	}
}

func (b *content) json(v any) {
	// Values came from JSON, so they have a text.
	text, _ := json.Marshal(v)
	b.text(string(text))
}

func (b *content) bool(v bool) {
	if v {
		*b = append(*b, 1)
		return
	}
	*b = append(*b, 0)
}

// identify is the identity of a node whose sub-schemas are in the pool.
func (n *node) identify() identity {
	b := make(content, 0, 512)
	b = append(b, byte(n.types), byte(n.flags), byte(n.facts))
	b.text(n.format)
	b.uint(uint64(len(n.props)))
	for i := range n.props {
		b.text(n.props[i].name)
		b.node(n.props[i].node)
	}
	b.texts(n.required)
	b.node(n.items)
	b.node(n.addl)
	if m := n.more; m != nil {
		b.json(m.enum)
		b.text(m.pattern)
		for _, f := range []*float64{m.min, m.max, m.multipleOf} {
			b.bool(f != nil)
			if f != nil {
				b.uint(math.Float64bits(*f))
			}
		}
		for _, i := range []*int64{m.minLength, m.maxLength, m.minItems, m.maxItems, m.minProperties, m.maxProperties} {
			b.bool(i != nil)
			if i != nil {
				b.uint(uint64(*i))
			}
		}
		b.bool(m.exclusiveMin)
		b.bool(m.exclusiveMax)
		b.bool(m.uniqueness)
		b.nodes(m.allOf)
		b.nodes(m.anyOf)
		b.nodes(m.oneOf)
		b.node(m.not)
		b.json(m.def)
		b.text(m.rules)
		b.text(m.listType)
		b.text(m.mapType)
		b.texts(m.keys)
	}
	return sha256.Sum256(b)
}

package codec

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// Pairs are names with their values, sorted by name: what apimachinery's label and field selectors match. Nil has none.
// The cache keeps them of every object, so they lie packed in one string, and objects that have the same share them.
type Pairs struct {
	// names are the same for all objects of a kind; nil when each stands in packed, before its value.
	names *[]string
	// packed are strings, each behind its length.
	packed string
	// places are where in packed the pairs begin when there are more than a few; nil otherwise.
	places *[]uint32
}

// NewPairs packs a map.
func NewPairs(of map[string]string) *Pairs {
	var packed []byte
	for _, name := range slices.Sorted(maps.Keys(of)) {
		packed = packString(packString(packed, name), of[name])
	}
	return pairsOf(nil, packed)
}

// fewPairs is how many pairs are looked through one by one. A selector may ask for thousands of labels, and an object have them.
const fewPairs = 16

// Lookup finds a value by its name.
func (p *Pairs) Lookup(name string) (value string, exists bool) {
	if p == nil {
		return "", false
	}
	rest := p.packed
	if p.names != nil {
		for _, known := range *p.names {
			if value, rest = cut(rest); known == name {
				return value, true
			}
		}
		return "", false
	}
	if p.places != nil {
		return p.search(name)
	}
	for rest != "" {
		var known string
		known, rest = cut(rest)
		if value, rest = cut(rest); known == name {
			return value, true
		}
	}
	return "", false
}

// search is Lookup among many.
func (p *Pairs) search(name string) (value string, exists bool) {
	places := *p.places
	i, exists := sort.Find(len(places), func(i int) int {
		known, _ := cut(p.packed[places[i]:])
		return strings.Compare(name, known)
	})
	if !exists {
		return "", false
	}
	_, rest := cut(p.packed[places[i]:])
	value, _ = cut(rest)
	return value, true
}

// newPairs finds where the pairs begin, if they are many.
func newPairs(names *[]string, packed string) *Pairs {
	p := &Pairs{names: names, packed: packed}
	if names != nil {
		return p
	}
	n := 0
	for rest := packed; rest != ""; n++ {
		_, rest = cut(rest)
		_, rest = cut(rest)
	}
	if n <= fewPairs {
		return p
	}
	places := make([]uint32, 0, n)
	for rest := packed; rest != ""; {
		places = append(places, uint32(len(packed)-len(rest)))
		_, rest = cut(rest)
		_, rest = cut(rest)
	}
	p.places = &places
	return p
}

// Each calls yield with every pair, in order.
func (p *Pairs) Each(yield func(name, value string)) {
	if p == nil {
		return
	}
	var name, value string
	rest := p.packed
	if p.names != nil {
		for _, name := range *p.names {
			value, rest = cut(rest)
			yield(name, value)
		}
		return
	}
	for rest != "" {
		name, rest = cut(rest)
		value, rest = cut(rest)
		yield(name, value)
	}
}

// Has says whether the name is there.
func (p *Pairs) Has(name string) bool {
	_, exists := p.Lookup(name)
	return exists
}

// Get is the value of a name, empty when it is not there.
func (p *Pairs) Get(name string) string {
	value, _ := p.Lookup(name)
	return value
}

// equal says whether all pairs are. Mostly equal ones are the same, see pairsOf.
func (p *Pairs) equal(q *Pairs) bool {
	return p == q || p != nil && q != nil && p.names == q.names && p.packed == q.packed
}

// cut takes the first string off packed ones.
func cut(packed string) (first, rest string) {
	if n := int(packed[0]); n < 0x80 {
		return packed[1 : 1+n], packed[1+n:]
	}
	return cutLong(packed)
}

func cutLong(packed string) (first, rest string) {
	n, i := 0, 0
	for shift := 0; ; shift += 7 {
		b := packed[i]
		i++
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			return packed[i : i+n], packed[i+n:]
		}
	}
}

// packString appends a string to packed ones.
func packString[T string | []byte](packed []byte, s T) []byte {
	return append(binary.AppendUvarint(packed, uint64(len(s))), s...)
}

// made are Pairs that were made lately, each in the place that its hash gives it. Objects that lie side by side, come from
// one template, or run on one node often have the same; that a few are made twice does no harm.
var made [1 << 13]atomic.Pointer[Pairs]

// longestShared bounds what lies there, which may be of objects that are gone.
const longestShared = 4 << 10

var seed = maphash.MakeSeed()

// pairsOf makes Pairs of packed strings, or finds the same ones. packed is not kept.
func pairsOf(names *[]string, packed []byte) *Pairs {
	switch {
	case len(packed) == 0:
		return nil
	case len(packed) > longestShared:
		return newPairs(names, string(packed))
	}
	place := &made[maphash.Bytes(seed, packed)%uint64(len(made))]
	if p := place.Load(); p != nil && p.names == names && p.packed == string(packed) {
		return p
	}
	p := newPairs(names, string(packed))
	place.Store(p)
	return p
}

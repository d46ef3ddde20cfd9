package cache

import (
	"math"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// dictFrom is how many objects a collection has before it gets a dictionary, which costs some 100 KB; each time it
	// has grown by dictGrowth since, a new one is made from what lies there now.
	dictFrom   = 64
	dictGrowth = 8
	// samples objects of at most sampleBytes are the dictionary. Six objects of one kind show nearly all that repeats in
	// the others; more make a larger dictionary, but hardly smaller objects.
	samples     = 6
	sampleBytes = 8 << 10
	// packFrom is the length from which a value is packed at all, and a packed value has to be smaller by an eighth.
	packFrom = 128
)

// packer compresses values, with a dictionary for each collection. It belongs to the goroutine that follows the store.
type packer struct {
	byTopic map[string]*packing
	buffer  []byte
}

// packing is what the packer knows of one collection.
type packing struct {
	dict  *s2.Dict
	count int
	// next is the count at which the next dictionary is made.
	next int
}

// topic is the collection that a key belongs to, as far as a key tells.
func topic(key string) string { return storage.PrefixOf(key) }

func (p *packer) of(topic string) *packing {
	t := p.byTopic[topic]
	if t == nil {
		if p.byTopic == nil {
			p.byTopic = map[string]*packing{}
		}
		t = &packing{next: dictFrom}
		if topic == "" {
			// Keys that no resource has are no collection.
			t.next = math.MaxInt
		}
		p.byTopic[strings.Clone(topic)] = t
	}
	return t
}

// pack fills in the entry's bytes. The value is not kept.
func (p *packer) pack(e *Entry, t *packing, value []byte) { p.buffer = e.pack(t.dict, value, p.buffer) }

// pack fills in the entry's bytes, packed with a dictionary if there is one. The value is not kept; scratch is for the
// next call, grown perhaps.
func (e *Entry) pack(dict *s2.Dict, value, scratch []byte) []byte {
	e.size = len(value)
	if dict == nil || len(value) < packFrom {
		e.data, e.dict = slices.Clone(value), nil
		if e.data == nil {
			e.data = []byte{}
		}
		return scratch
	}
	scratch = dict.Encode(scratch[:cap(scratch)], value)
	if len(scratch) > len(value)-len(value)/8 {
		e.data, e.dict = slices.Clone(value), nil
		return scratch
	}
	e.data, e.dict = slices.Clone(scratch), dict
	return scratch
}

// due says whether the collection should get a new dictionary.
func (t *packing) due() bool { return t.count >= t.next }

// learn makes the collection's dictionary from some of its values, which the callback gives by their place.
func (t *packing) learn(value func(i int) []byte) {
	t.next = max(dictFrom, t.count) * dictGrowth
	var words []byte
	for i := range samples {
		v := value(i * t.count / samples)
		words = append(words, v[:min(len(v), sampleBytes)]...)
	}
	if len(words) < s2.MinDictSize {
		return
	}
	// The start of an object is like that of every other: the search begins there.
	t.dict = s2.MakeDict(words, words[:min(len(words), 64)])
}

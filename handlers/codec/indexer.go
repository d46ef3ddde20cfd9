package codec

import (
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Indexer reads what selectors ask of stored objects for a watch cache, by the codec of the resource that a key belongs to.
// A cache is made before the resources are known, and most objects tell their kind themselves, so those of built-in kinds are
// read without looking anything up.
type Indexer struct {
	registry atomic.Pointer[resource.Registry]
}

// Follow has objects read by the codecs of a registry.
func (x *Indexer) Follow(r *resource.Registry) { x.registry.Store(r) }

// Attributes is the function of a cache.
func (x *Indexer) Attributes(key string, stored []byte) any {
	if !IsProtobuf(stored) {
		if registry := x.registry.Load(); registry != nil {
			if r := registry.OfKey(key); r != nil && r.Codec != nil {
				return r.Codec.Attributes(stored)
			}
		}
	}
	return Attributes(key, stored)
}

package codec

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// embedded are values inside of objects that were found to be compact lately, each in the place that its hash gives it:
// objects of one template have the same managed fields, and comparing is several times as fast as checking. All take 1 MB
// at most.
var embedded [256]embeddedPlace

// Shorter values are checked as fast as they are found, longer ones are too large to keep.
const (
	shortestEmbedded = 64
	longestEmbedded  = 4 << 10
)

// embeddedPlace has one such value. It is safe for concurrent use.
type embeddedPlace struct {
	value atomic.Pointer[string]
	// once is the hash of the last value that was not there: what comes once is not kept.
	once atomic.Uint64
}

// appendEmbedded is appendCompact for values of which many are the same.
func appendEmbedded(dst, src []byte) ([]byte, error) {
	if len(src) < shortestEmbedded || len(src) > longestEmbedded {
		return appendCompact(dst, src)
	}
	hash := maphash.Bytes(seed, src)
	place := &embedded[hash%uint64(len(embedded))]
	if value := place.value.Load(); value != nil && *value == string(src) {
		return append(dst, src...), nil
	}
	out, err := appendCompact(dst, src)
	if err == nil && bytes.Equal(out[len(dst):], src) && place.once.Swap(hash) == hash {
		value := string(src)
		place.value.Store(&value)
	}
	return out, err
}

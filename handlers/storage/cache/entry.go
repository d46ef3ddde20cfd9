package cache

import (
	"fmt"

	"github.com/klauspost/compress/s2"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Entry is one stored object as the cache holds it: its bytes, compressed, and what selectors ask of it. It is never
// changed.
type Entry struct {
	Key      string
	Revision int64
	// Attributes is what Options.Attributes made of the value; nil when there is none.
	Attributes any
	// data is the value itself, or packed with dict when there is one.
	data []byte
	dict *s2.Dict
	size int
}

// Size is the length of the value.
func (e *Entry) Size() int { return e.size }

// Value is the stored bytes. Where they must be unpacked, scratch is used when it is large enough; they are valid until
// the caller uses scratch again and must not be changed.
func (e *Entry) Value(scratch []byte) ([]byte, error) {
	if e.dict == nil {
		return e.data, nil
	}
	// The decoder takes dst for what it may overwrite, up to its capacity.
	value, err := e.dict.Decode(scratch[:0], e.data)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", e.Key, err)
	}
	return value, nil
}

// pair is the entry as a Store gives it out.
func (e *Entry) pair() (storage.KeyValue, error) {
	value, err := e.Value(nil)
	if err != nil {
		return storage.KeyValue{}, err
	}
	return storage.KeyValue{Key: e.Key, Value: value, Revision: e.Revision}, nil
}

// Packed says whether Value has to unpack, and so gives bytes of the caller's own.
func (e *Entry) Packed() bool { return e.dict != nil }

// plainEntry is an entry of what the cache does not hold.
func (c *Cache) plainEntry(key string, revision int64, value []byte) *Entry {
	e := &Entry{Key: key, Revision: revision, data: value, size: len(value)}
	if c.options.Attributes != nil {
		e.Attributes = c.options.Attributes(key, value)
	}
	return e
}

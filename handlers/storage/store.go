// Package storage is the one door to what is kept: bytes under keys, each with the revision of its last write.
//
// A Store knows nothing of kinds, encodings or versions; it never decodes a value. Keys look like upstream's, so that
// both servers can share one etcd, but without the prefix that the operator chose (upstream's default is /registry):
// the store adds and removes that, so a pod's key is /pods/namespace/name everywhere above it. Everything that is
// particular to etcd (leases, compaction, progress, quotas) stays behind this interface.
package storage

import (
	"context"
	"time"
)

// KeyValue is one stored object. Value belongs to the store and must not be changed by its readers.
type KeyValue struct {
	Key   string
	Value []byte
	// Revision is the store-wide revision of the last write to Key; it is the object's resourceVersion.
	Revision int64
}

// ListOptions narrows a List. The zero value lists everything under the prefix at the newest revision.
type ListOptions struct {
	// From is the first key that may be returned (inclusive); empty means the start of the prefix.
	From string
	// Limit is the largest number of items returned; 0 means all.
	Limit int64
	// Revision asks for the state at exactly that revision; 0 means the newest.
	Revision int64
}

// ListResult is a state of a prefix at one revision, in key order.
type ListResult struct {
	Items    []KeyValue
	Revision int64
	// Remaining is how many keys under the prefix come after the last item.
	Remaining int64
}

// EventType says what happened to a key.
type EventType uint8

const (
	Put EventType = iota
	Deleted
	// Bookmark carries no object, only the revision up to which everything has been delivered.
	Bookmark
)

// Event is one change. Revision is that of the change, so for a deletion it is newer than Previous.
type Event struct {
	Type     EventType
	Key      string
	Revision int64
	// Value is the new value; nil for a deletion.
	Value []byte
	// Previous is the value before the change; nil when the key was created by it.
	Previous []byte
	// PreviousRevision is the revision of Previous; 0 when there was none.
	PreviousRevision int64
}

// Watcher delivers the changes of a prefix in revision order. Events is closed after Stop, when the context of Watch
// ends, or after a failure, which Err then tells (ErrCompacted when the start or the place reached is no longer known).
type Watcher interface {
	Events() <-chan Event
	// Err is valid once Events is closed; nil after an ordinary stop.
	Err() error
	// Stop may be called more than once and from any goroutine.
	Stop()
}

// Store is what all storage offers. Every method is safe for concurrent use and returns the errors of this package,
// wrapped with what was asked.
type Store interface {
	// Get reads the newest value of key. The second result is the revision of the store at the read. ErrNotFound when
	// there is none.
	Get(ctx context.Context, key string) (KeyValue, int64, error)
	// List reads what is under prefix. ErrCompacted when opts.Revision is too old, ErrFutureRevision when it is newer
	// than the store.
	List(ctx context.Context, prefix string, opts ListOptions) (ListResult, error)
	// Count is the number of keys under prefix.
	Count(ctx context.Context, prefix string) (int64, error)
	// Create writes key if it does not exist and returns its revision. A ttl above zero lets the key vanish after about
	// that time. ErrExists when it exists.
	Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error)
	// Swap is compare-and-swap: it writes next under seen.Key if the key's newest revision is still seen.Revision. seen is a
	// pair as it was read or peeked at. A nil next deletes. A ttl above zero renews the key's life; zero keeps the key for
	// ever. Bytes equal to seen.Value are no write: the key keeps its revision and its TTL; the ttl given is ignored.
	//
	// swapped with the stored pair; after a deletion with the deleted pair, at the revision of the deletion. Not swapped
	// with the newest pair, which was read in the same transaction, when seen is out of date. ErrNotFound when the key does
	// not exist any more.
	Swap(ctx context.Context, seen KeyValue, next []byte, ttl time.Duration) (current KeyValue, swapped bool, err error)
	// Peek is the pair that the store last knew under key, without asking for a newer one: false when it knows none, always
	// so without a cache. It saves the read before a Swap, which notices an old pair. Who does not go on to Swap because
	// of the pair must read it with Get first.
	Peek(ctx context.Context, key string) (KeyValue, bool)
	// Watch delivers the changes under prefix after the revision from; 0 means from now on. A change at a revision is
	// delivered once and in order. Bookmarks come when the watcher is up to date, at least about every minute.
	Watch(ctx context.Context, prefix string, from int64) (Watcher, error)
	// Revision is the newest revision of the store: no smaller than that of any acknowledged write.
	Revision(ctx context.Context) (int64, error)
	// Ready is nil when reads and writes can be served; otherwise it says why not.
	Ready(ctx context.Context) error
	// Close ends all watches and releases the connection. What was acknowledged stays.
	Close() error
}

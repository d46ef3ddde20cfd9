package storage

import "context"

// Feeder is a Store that tells one listener of every change to the whole key space: what a cache in front of it needs. Keys that
// do not begin with a slash belong to somebody else, whose prefix begins with this store's.
type Feeder interface {
	Store
	// Load reads every pair, in key order, as they are at one revision, which it returns. take is called with some of them
	// at a time and may keep them; its error ends the load. ErrCompacted when that revision was forgotten meanwhile.
	Load(ctx context.Context, take func([]KeyValue) error) (revision int64, err error)
	// Feed calls apply, from one goroutine, with the changes after the revision from: whole revisions at a time and in
	// order. Their Previous is not set. through is the revision up to which everything has been told then; changes may be
	// empty when only that moved. Feed returns when ctx ends, when apply returns an error, or with ErrCompacted when the
	// changes are not known any more; an outage it sits out.
	Feed(ctx context.Context, from int64, apply func(changes []Event, through int64) error) error
	// RequestProgress has apply called soon with the revision that the store has reached, even when nothing changed.
	RequestProgress(ctx context.Context)
}

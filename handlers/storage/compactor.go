package storage

import "context"

// Compactor is a Store whose history can be dropped by hand. Ordinarily a store does that by itself, by age; this is for
// tests and for tools.
type Compactor interface {
	// Compact forgets all states before revision: a List at, or a Watch from, an older one gets ErrCompacted. A
	// revision that is compacted already is ErrCompacted, one that has not happened is ErrFutureRevision.
	Compact(ctx context.Context, revision int64) error
}

package storage

import "context"

// Sizer is a Store that can tell what it takes on disk.
type Sizer interface {
	// Size is the size of the database in bytes, what is free in it included: the figure that a quota is held against.
	Size(ctx context.Context) (int64, error)
}

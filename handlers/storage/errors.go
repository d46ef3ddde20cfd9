package storage

import "errors"

var (
	// ErrNotFound: the key does not exist (Get, Swap).
	ErrNotFound = errors.New("key not found")
	// ErrExists: the key exists already (Create).
	ErrExists = errors.New("key exists")
	// ErrCompacted: the revision asked for is older than what the store still knows (List, Watch).
	ErrCompacted = errors.New("revision has been compacted")
	// ErrFutureRevision: the revision asked for has not happened yet (List).
	ErrFutureRevision = errors.New("revision is in the future")
	// ErrTooLarge: the value exceeds what the store takes in one write (Create, Swap).
	ErrTooLarge = errors.New("value is too large")
	// ErrUnavailable: the store cannot be reached or has lost its quorum; trying again may help (all methods).
	ErrUnavailable = errors.New("store is unavailable")
	// ErrNoSpace: the store's quota is used up; only reads and deletions are taken (Create, Swap).
	ErrNoSpace = errors.New("store is out of space")
)

package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// UpdateFunc computes the next value from the current one. It is called again, with a newer current value, when another
// writer came first. Returning the current bytes unchanged makes the update a no-op that keeps the key's revision and
// TTL; the ttl given is ignored. A nil result deletes the key. An error ends the update and is returned as it is.
type UpdateFunc func(current KeyValue) (next []byte, err error)

// Update changes an existing key: it calls next and swaps until no other writer came between. The result is that of the
// last Swap. ErrNotFound when the key does not exist.
//
// It begins with the pair that the store can peek at, which saves a read. Such a pair may be old, so an error or "no
// change" that next made of it counts only when a read finds the pair unchanged.
func Update(ctx context.Context, store Store, key string, ttl time.Duration, next UpdateFunc) (KeyValue, error) {
	current, peeked := store.Peek(ctx, key)
	if !peeked {
		var err error
		if current, _, err = store.Get(ctx, key); err != nil {
			return KeyValue{}, fmt.Errorf("update: %w", err)
		}
	}
	for {
		value, err := next(current)
		if err != nil && peeked {
			read, _, failed := store.Get(ctx, key)
			if failed != nil {
				return KeyValue{}, fmt.Errorf("update: %w", failed)
			}
			peeked = false
			if read.Revision != current.Revision {
				current = read
				continue
			}
		}
		if err != nil {
			return KeyValue{}, err
		}
		if !peeked && value != nil && bytes.Equal(value, current.Value) {
			return current, nil
		}
		done, swapped, err := store.Swap(ctx, current, value, ttl)
		if err != nil || swapped {
			return done, err
		}
		current, peeked = done, false
	}
}

// CheckSeen is why a pair cannot be what the caller of Swap has seen.
func CheckSeen(seen KeyValue) error {
	switch {
	case seen.Key == "":
		return errors.New("key is empty")
	case seen.Revision <= 0:
		return errors.New("no revision was seen")
	}
	return nil
}

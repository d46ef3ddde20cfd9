package write

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// outcome is the decision of an attempt.
type outcome struct {
	// object is the next state of the object, or its last one when it is removed.
	object object.Object
	// value is the stored form of object.
	value []byte
	// mark replaces the stored pair, remove removes it. With both it is replaced first, so that watchers see the deletion
	// timestamp. With neither nothing is written.
	mark, remove bool
}

// decide is the part of an attempt before the store. It may run on a stale state; attempts does not return an error from one.
type decide func(ctx context.Context, a *resource.Attempt, current storage.KeyValue) (outcome, error)

// attempts is the one retry loop of all writes: it decides and swaps until there is no conflict. Each attempt is settled before
// the next begins. The last one passes its warnings and audit annotations to the recorder, whether it was stored or refused.
//
// It begins with the pair in the watch cache, which saves a read when that is current, as it mostly is. An error or a "no
// change" decided on such a pair counts only after a quorum read has confirmed it.
func (op *operation) attempts(ctx context.Context, key string, next decide) (outcome, storage.KeyValue, error) {
	current, certain, err := op.newest(ctx, key)
	if err != nil {
		return outcome{}, current, err
	}
	for {
		out, after, again, err := op.attempt(ctx, current, &certain, next)
		if errors.Is(err, storage.ErrTooLarge) && !op.bare && !op.tracked {
			op.bare, certain = true, false
			continue
		}
		if !again {
			return out, after, err
		}
		current = after
	}
}

// newest is the pair to begin with. certain is set when it was read from the store after the request came.
func (op *operation) newest(ctx context.Context, key string) (kv storage.KeyValue, certain bool, err error) {
	if !op.DryRun {
		if kv, known := op.Store.Peek(ctx, key); known {
			return kv, false, nil
		}
	}
	kv, _, err = op.Store.Get(ctx, key)
	return kv, true, err
}

// attempt is one turn of the loop. again asks for another one with the returned pair, which is certain.
func (op *operation) attempt(ctx context.Context, current storage.KeyValue, certain *bool, next decide) (out outcome, after storage.KeyValue, again bool, err error) {
	a := op.try()
	defer a.Settle(false) // an attempt that ends unsettled, also by a panic
	out, err = next(ctx, a, current)
	idle := err == nil && out.unchanged(current)
	if (err != nil || idle) && !*certain {
		read, _, readErr := op.Store.Get(ctx, current.Key)
		if readErr != nil {
			return out, current, false, readErr
		}
		if *certain = true; read.Revision != current.Revision {
			return out, read, true, nil
		}
	}
	if err != nil || op.DryRun || idle {
		a.Tell(op.Recorder)
		a.Settle(err == nil && !op.DryRun)
		if err == nil {
			current.Value = out.value
		}
		return out, current, false, err
	}
	after, swapped, err := op.swap(ctx, a, current, out)
	if err == nil && !swapped {
		*certain = true
		return out, after, true, nil
	}
	a.Tell(op.Recorder)
	return out, after, false, err
}

// unchanged settles an attempt whose outcome equals the stored pair.
func (o *outcome) unchanged(current storage.KeyValue) bool {
	return !o.remove && (!o.mark || bytes.Equal(o.value, current.Value))
}

// swap stores an outcome and settles the attempt. On a conflict it returns the newer pair.
func (op *operation) swap(ctx context.Context, a *resource.Attempt, current storage.KeyValue, out outcome) (after storage.KeyValue, swapped bool, err error) {
	bound, cancel := a.Bound(ctx)
	defer cancel()
	if out.mark {
		after, swapped, err = op.Store.Swap(bound, current, out.value, op.main().Lifetime())
		if err != nil || !swapped {
			op.unstored(ctx, a, current.Key, out, err)
			return after, swapped, err
		}
		current = after
	}
	if out.remove {
		after, swapped, err = op.Store.Swap(bound, current, nil, 0)
		if err != nil || !swapped {
			op.unstored(ctx, a, current.Key, out, err)
			return after, swapped, err
		}
		// The response is the last state, with the revision at which the object had it.
		after.Value = out.value
		if out.mark {
			after.Revision = current.Revision
		}
	}
	a.Settle(true)
	return after, true, nil
}

// askTimeout bounds the read that finds out whether a write was stored.
const askTimeout = 5 * time.Second

// unstored settles an attempt whose swap failed. After an error that leaves open whether the write happened, it reads the
// object: a stored object must keep its allocations. When the read fails, too, nothing is released: a leaked address harms less
// than one that two services have.
func (op *operation) unstored(ctx context.Context, a *resource.Attempt, key string, out outcome, err error) {
	if err == nil || certainlyRefused(err) {
		a.Settle(false)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	kv, _, readErr := op.Store.Get(ctx, key)
	switch {
	case errors.Is(readErr, storage.ErrNotFound):
		a.Settle(out.remove)
	case readErr != nil:
		a.Abandon()
	default:
		a.Settle(out.mark && bytes.Equal(kv.Value, out.value))
	}
}

// certainlyRefused are the errors after which the store has certainly written nothing.
func certainlyRefused(err error) bool {
	for _, known := range []error{storage.ErrExists, storage.ErrNotFound, storage.ErrTooLarge, storage.ErrNoSpace} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

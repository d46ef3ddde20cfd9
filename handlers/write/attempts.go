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

// outcome is what an attempt makes of the live object.
type outcome struct {
	// object is its next state, or its last when it goes.
	object object.Object
	// value is the stored form of that.
	value []byte
	// mark and remove say what becomes of the stored pair: it is replaced, removed, or first replaced and then removed, for
	// watchers to see the mark. With neither nothing is written.
	mark, remove bool
}

// decide is the part of an attempt before the store. It may run on a state that is out of date; what it finds then is not
// believed.
type decide func(ctx context.Context, a *resource.Attempt, current storage.KeyValue) (outcome, error)

// attempts decides and swaps until no other writer comes between: the one retry loop of all writes. Each attempt is settled
// before the next begins, and the last one tells the recorder what it had to say, whether it was stored or refused.
//
// It begins with the pair that the cache last knew, which saves a read when that is current, as it mostly is. An error or a
// "no change" that was decided on such a pair counts only after the store has confirmed the pair.
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

// newest is a pair to begin with; certain says that it was read after the request came.
func (op *operation) newest(ctx context.Context, key string) (kv storage.KeyValue, certain bool, err error) {
	if !op.DryRun {
		if kv, known := op.Store.Peek(ctx, key); known {
			return kv, false, nil
		}
	}
	kv, _, err = op.Store.Get(ctx, key)
	return kv, true, err
}

// attempt is one turn of the loop. again: begin anew with the pair returned, which is then certain.
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

// unchanged says that the store has what the attempt wants already.
func (o *outcome) unchanged(current storage.KeyValue) bool {
	return !o.remove && (!o.mark || bytes.Equal(o.value, current.Value))
}

// swap stores an outcome and settles the attempt, unless another writer was faster: then it returns the newer pair.
func (op *operation) swap(ctx context.Context, a *resource.Attempt, current storage.KeyValue, out outcome) (after storage.KeyValue, swapped bool, err error) {
	if out.mark {
		after, swapped, err = op.Store.Swap(ctx, current, out.value, op.main().Lifetime())
		if err != nil || !swapped {
			op.unstored(ctx, a, current.Key, out, err)
			return after, swapped, err
		}
		current = after
	}
	if out.remove {
		after, swapped, err = op.Store.Swap(ctx, current, nil, 0)
		if err != nil || !swapped {
			op.unstored(ctx, a, current.Key, out, err)
			return after, swapped, err
		}
		// A client is shown the last state, at the revision in which the object was in it.
		after.Value = out.value
		if out.mark {
			after.Revision = current.Revision
		}
	}
	a.Settle(true)
	return after, true, nil
}

// askTimeout is how long is waited for the store to say what became of a write.
const askTimeout = 5 * time.Second

// unstored settles an attempt whose swap has not succeeded. After an error that leaves open whether the write happened, the
// store is asked: what was stored must not lose what it was given. When it cannot be asked nothing is undone, for a leaked
// address harms less than one that two have.
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

// certainlyRefused are the errors by which the store says that it has written nothing.
func certainlyRefused(err error) bool {
	for _, known := range []error{storage.ErrExists, storage.ErrNotFound, storage.ErrTooLarge, storage.ErrNoSpace} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

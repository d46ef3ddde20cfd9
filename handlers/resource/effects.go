package resource

import "context"

// Effects are what one attempt of a write does outside its object. The verb makes one per attempt with WithEffects, and
// calls Done exactly once, when it knows whether the object was stored. It is used by one goroutine.
type Effects struct{ stored, failed []func() }

const effectsKey contextKey = 1

// WithEffects is the context of one attempt.
func WithEffects(ctx context.Context) (context.Context, *Effects) {
	e := &Effects{}
	return context.WithValue(ctx, effectsKey, e), e
}

// EffectsFrom finds the attempt's effects; without any it returns a collector that nobody finishes.
func EffectsFrom(ctx context.Context) *Effects {
	if e, ok := ctx.Value(effectsKey).(*Effects); ok {
		return e
	}
	return &Effects{}
}

// OnStored runs f after the object was stored: it frees what the new object does not need any more.
func (e *Effects) OnStored(f func()) { e.stored = append(e.stored, f) }

// OnFailure runs f when the attempt ends without the object being stored: it gives back what the attempt took.
func (e *Effects) OnFailure(f func()) { e.failed = append(e.failed, f) }

// Done runs the functions for the outcome, the last registered first.
func (e *Effects) Done(stored bool) {
	list := e.failed
	if stored {
		list = e.stored
	}
	e.stored, e.failed = nil, nil
	for i := len(list) - 1; i >= 0; i-- {
		list[i]()
	}
}

package resource

import (
	"context"
	"time"
)

// Attempt is one try of one write: what the write is about, and what the try has done beside changing its object. A write
// that loses a race to another writer begins a new attempt. An Attempt belongs to one goroutine.
//
// Warnings and audit annotations are kept here and reach the client only from the attempt that decides the answer. Effects
// are what the attempt took outside of its object (addresses, ports): Settle keeps or undoes them, exactly once.
type Attempt struct {
	// Namespace and Name are those of the request, which authorization has seen. Name is empty for a create.
	Namespace, Name string
	// Verb is the request's, which authorization has seen: a PUT that creates is an update. Empty for the server's own work.
	Verb string
	// User is the writer; nil for the server's own work.
	User *UserInfo
	// UserAgent is the client's, for the name of its field manager; empty for the server's own work.
	UserAgent string
	// DryRun: nothing may be left behind.
	DryRun bool

	warnings       []string
	annotations    []annotation
	stored, failed []func()
	settled        bool
	// before is when the write must be stored at the latest; zero for no such time.
	before time.Time
}

type annotation struct{ key, value string }

// Warn adds warnings for the client.
func (a *Attempt) Warn(texts ...string) { a.warnings = append(a.warnings, texts...) }

// Annotate adds an annotation for the audit log. The first value of a key counts.
func (a *Attempt) Annotate(key, value string) {
	a.annotations = append(a.annotations, annotation{key, value})
}

// OnStored registers what is to be done once the write is stored: it releases what the object does not need any more.
func (a *Attempt) OnStored(f func()) { a.stored = append(a.stored, f) }

// OnFailure registers how to undo an effect when the attempt ends without being stored.
func (a *Attempt) OnFailure(f func()) { a.failed = append(a.failed, f) }

// StoreBefore has the write fail when it is not stored by then: what was taken for it is not kept for longer. The earliest time
// counts.
func (a *Attempt) StoreBefore(t time.Time) {
	if a.before.IsZero() || t.Before(a.before) {
		a.before = t
	}
}

// Bound is the context in which the write is stored.
func (a *Attempt) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.before.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, a.before)
}

// Settle ends the attempt: it runs what was registered for the outcome, the last registered first. Later calls do nothing.
func (a *Attempt) Settle(stored bool) {
	list := a.failed
	if stored {
		list = a.stored
	}
	a.stored, a.failed, a.settled = nil, nil, true
	for i := len(list) - 1; i >= 0; i-- {
		list[i]()
	}
}

// Settled says whether Settle was called.
func (a *Attempt) Settled() bool { return a.settled }

// Tell hands the warnings and annotations on to the request's recorder, which may be nil.
func (a *Attempt) Tell(n *Recorder) {
	if n == nil {
		return
	}
	if n.Warn != nil && len(a.warnings) > 0 {
		n.Warn(a.warnings...)
	}
	if n.Annotate != nil {
		for _, x := range a.annotations {
			n.Annotate(x.key, x.value)
		}
	}
	a.warnings, a.annotations = nil, nil
}

// Abandon ends the attempt and runs nothing: it is not known whether the write was stored, and cannot be found out.
func (a *Attempt) Abandon() { a.stored, a.failed, a.settled = nil, nil, true }

package resource

import "context"

// Recorder collects the warnings and audit annotations of one request. Both functions may be nil and must be safe for use by
// the goroutine of the request.
type Recorder struct {
	// Warn adds warnings for the client.
	Warn func(texts ...string)
	// Annotate adds an annotation for the audit log. The first value of a key counts.
	Annotate func(key, value string)
}

type contextKey int

const recorderKey contextKey = 0

// WithRecorder is a context whose Warn and Annotate reach n. It is for authenticators, which get nothing else of a request;
// writes have their Attempt.
func WithRecorder(ctx context.Context, n *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey, n)
}

// Warn warns the client of the request that ctx belongs to; without a request nobody.
func Warn(ctx context.Context, texts ...string) {
	if n, ok := ctx.Value(recorderKey).(*Recorder); ok && n.Warn != nil {
		n.Warn(texts...)
	}
}

// Annotate annotates the audit event of the request that ctx belongs to; without one it does nothing.
func Annotate(ctx context.Context, key, value string) {
	if n, ok := ctx.Value(recorderKey).(*Recorder); ok && n.Annotate != nil {
		n.Annotate(key, value)
	}
}

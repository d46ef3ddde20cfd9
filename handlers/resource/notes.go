package resource

import "context"

// Notes takes what the parts that work on a request have to say about it beside their answer. Both functions may be nil
// and must be safe for use by the goroutine of the request.
type Notes struct {
	// Warn tells the client.
	Warn func(texts ...string)
	// Annotate tells the audit log. The first value of a key counts.
	Annotate func(key, value string)
}

const notesKey contextKey = 3

// WithNotes is a context whose Warn and Annotate reach n.
func WithNotes(ctx context.Context, n *Notes) context.Context {
	return context.WithValue(ctx, notesKey, n)
}

// Warn tells the client of the request that ctx belongs to; without a request nobody.
func Warn(ctx context.Context, texts ...string) {
	if n, ok := ctx.Value(notesKey).(*Notes); ok && n.Warn != nil {
		n.Warn(texts...)
	}
}

// Annotate tells the audit log about the request that ctx belongs to; without a request or an audit log nobody.
func Annotate(ctx context.Context, key, value string) {
	if n, ok := ctx.Value(notesKey).(*Notes); ok && n.Annotate != nil {
		n.Annotate(key, value)
	}
}

package resource

import "context"

const userKey contextKey = 2

// WithUser puts who makes the request into the context.
func WithUser(ctx context.Context, u UserInfo) context.Context {
	return context.WithValue(ctx, userKey, u)
}

// UserFrom tells who makes the request; false for the server's own work.
func UserFrom(ctx context.Context) (UserInfo, bool) {
	u, ok := ctx.Value(userKey).(UserInfo)
	return u, ok
}

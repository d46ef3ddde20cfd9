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

const requestNameKey contextKey = 10

// WithRequestName puts the name in the request's path into the context; empty for a request on a collection.
func WithRequestName(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, requestNameKey, name)
}

// RequestName is the name in the request's path: what authorization has seen, unlike the name in the body.
func RequestName(ctx context.Context) string {
	name, _ := ctx.Value(requestNameKey).(string)
	return name
}

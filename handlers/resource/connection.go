package resource

import (
	"net/http"
	"net/url"
)

// Connector answers requests that this server carries to somebody else: on a subresource that is a connection and no object
// (a log, a proxy), or on the group-version of another server.
type Connector interface {
	// Connect answers a request that may be made. An error is answered as long as nothing was written.
	Connect(w http.ResponseWriter, r *http.Request, to Connection) error
}

// Connection is what a request wants to be connected to.
type Connection struct {
	// Namespace and Name are those of the parent object of a subresource.
	Namespace, Name string
	// Parts are the segments of the path after the subresource.
	Parts []string
	// Query is that of the request.
	Query url.Values
	User  UserInfo
}

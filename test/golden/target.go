package golden

import (
	"context"
	"net/http"
)

// A Target is the server that scripts are sent to.
type Target struct {
	// URL is where it serves.
	URL string
	// Client carries the credentials, see TokenClient.
	Client *http.Client
	// Compact makes the server forget its history before a revision, for the scripts that ask for that. It returns where
	// the server is found after that, "" for where it was. Nil when the history is out of reach.
	Compact func(ctx context.Context, revision int64) (url string, err error)
}

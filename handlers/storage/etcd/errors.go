package etcd

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var errClosed = fmt.Errorf("store is closed: %w", storage.ErrUnavailable)

// sentinels are etcd's answers that have a meaning of their own in the Store interface.
var sentinels = []struct{ etcd, ours error }{
	{rpctypes.ErrCompacted, storage.ErrCompacted},
	{rpctypes.ErrFutureRev, storage.ErrFutureRevision},
	{rpctypes.ErrRequestTooLarge, storage.ErrTooLarge},
	{rpctypes.ErrNoSpace, storage.ErrNoSpace},
}

// wrap says what was asked and turns etcd's errors into those of package storage. The end of the caller's own context
// stays what it is; the end of anybody else's (the client was closed under a running call) is unavailability.
func (s *Store) wrap(ctx context.Context, asked string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s: %w", asked, s.fault.explain(ended))
	}
	if s.ctx.Err() != nil {
		return fmt.Errorf("%s: %w: %w", asked, errClosed, err)
	}
	for _, x := range sentinels {
		if errors.Is(err, x.etcd) {
			if x.ours == storage.ErrNoSpace {
				s.alarms.forget()
			}
			// Its words are kept: people, and some clients, look for those.
			return fmt.Errorf("%s: %w: %w", asked, x.ours, err)
		}
	}
	switch code(err) {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
		return fmt.Errorf("%s: %w: %w", asked, storage.ErrUnavailable, err)
	case codes.ResourceExhausted:
		// The client's own limit on what it sends; etcd's quota was told apart above, and too many requests passes.
		if errors.Is(err, rpctypes.ErrTooManyRequests) {
			return fmt.Errorf("%s: %w: %w", asked, storage.ErrUnavailable, err)
		}
		return fmt.Errorf("%s: %w: %w", asked, storage.ErrTooLarge, err)
	}
	if errors.Is(err, rpctypes.ErrNotLeader) || errors.Is(err, clientv3.ErrNoAvailableEndpoints) {
		return fmt.Errorf("%s: %w: %w", asked, storage.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", asked, err)
}

func code(err error) codes.Code {
	var coded interface{ Code() codes.Code }
	switch {
	case errors.As(err, &coded):
		return coded.Code()
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	}
	return status.Code(err)
}

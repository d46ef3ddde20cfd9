package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// faultsEvery is how often it is logged that etcd does not answer.
const faultsEvery = 10 * time.Second

// noConnection is what gRPC puts before the reason that a call has waited for a connection in vain.
const noConnection = "latest balancer error: "

// fault remembers why etcd could not be asked. The client goes on trying and says in the end only that time ran out, be the
// reason a refused connection or a certificate that nobody trusts.
type fault struct {
	log *slog.Logger

	mu     sync.Mutex
	last   error
	logged time.Time
}

// intercept sees every single try, below the client's own repetitions.
func (f *fault) intercept(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, conn, o...)
	switch status.Code(err) {
	case codes.OK:
		f.note(nil, time.Now())
	case codes.Unavailable:
		f.note(err, time.Now())
	case codes.DeadlineExceeded:
		if _, why, known := strings.Cut(status.Convert(err).Message(), noConnection); known {
			f.note(errors.New(why), time.Now())
		}
	}
	return err
}

func (f *fault) note(err error, now time.Time) {
	f.mu.Lock()
	f.last = err
	tell := err != nil && now.Sub(f.logged) >= faultsEvery
	if tell {
		f.logged = now
	}
	f.mu.Unlock()
	if tell {
		f.log.Warn("etcd cannot be asked, trying again", "err", err)
	}
}

// explain adds the reason, where there is one, to an error that tells only of time.
func (f *fault) explain(err error) error {
	if f == nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, f.last)
}

// Package repair looks every few minutes whether services and what they were given outside of their objects fit together:
// cluster addresses and node ports. A server that was killed while it created or deleted a service may have left something
// that nobody has, and stores of older releases have services whose addresses are no objects. Rules, waiting times and
// the reasons of events are upstream's.
package repair

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/record"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// interval is upstream's.
const interval = 3 * time.Minute

var services = schema.GroupVersionResource{Version: "v1", Resource: "services"}

// Repair repairs. Its fields are not changed after Run began.
type Repair struct {
	Objects *resource.Objects
	Writer  resource.Writer
	Ports   *allocate.Ports
	// After is closed when the server is ready.
	After <-chan struct{}
	Now   func() time.Time
	Log   *slog.Logger

	// leaks are the ports that no service has, each with how many more times that must be found so before it is free.
	leaks map[int32]int
}

// Wait returns at once: nobody needs to wait for this.
func (r *Repair) Wait(context.Context) error { return nil }

// Run repairs until ctx ends.
func (r *Repair) Run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-r.After:
	}
	for {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("comparing services with their addresses and node ports", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

// Once looks once. It is not safe for concurrent use.
func (r *Repair) Once(ctx context.Context) error {
	return errors.Join(r.addresses(ctx), r.ports(ctx))
}

func (r *Repair) recorder(component, action string) *record.Recorder {
	return &record.Recorder{Writer: r.Writer, Component: component, Action: action, Now: r.Now, Log: r.Log}
}

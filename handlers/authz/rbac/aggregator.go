package rbac

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Aggregator fills in aggregated cluster roles whenever one changes, so that no controller-manager is needed for it. Beside
// upstream's controller, or another server's, it does no harm: all compute the same rules, and the second finds
// nothing to do. Make one with NewAggregator.
type Aggregator struct {
	writer resource.Writer
	log    *slog.Logger
	latest chan map[string]*rbacv1.ClusterRole
	retry  time.Duration
}

// NewAggregator makes an aggregator; Observe is to be given to New, and Run must run.
func NewAggregator(writer resource.Writer, log *slog.Logger) *Aggregator {
	return &Aggregator{writer: writer, log: log, latest: make(chan map[string]*rbacv1.ClusterRole, 1), retry: time.Second}
}

// Observe takes all cluster roles as they are now. It never blocks: a state that nobody has looked at is dropped for the
// newer one. It must be called by one goroutine only.
func (a *Aggregator) Observe(known map[string]*rbacv1.ClusterRole) {
	select {
	case <-a.latest:
	default:
	}
	a.latest <- known
}

// Run fills in what changes until ctx ends.
func (a *Aggregator) Run(ctx context.Context) {
	for {
		var known map[string]*rbacv1.ClusterRole
		select {
		case <-ctx.Done():
			return
		case known = <-a.latest:
		}
		for !a.apply(ctx, known) {
			select {
			case <-ctx.Done():
				return
			case known = <-a.latest:
			case <-time.After(a.retry):
			}
		}
	}
}

// apply stores the rules that should be; false when that is to be tried again.
func (a *Aggregator) apply(ctx context.Context, known map[string]*rbacv1.ClusterRole) bool {
	wanted, err := Aggregate(known)
	if err != nil {
		// Trying again would not help before somebody changes the roles.
		a.log.Error("some cluster roles are not aggregated", "error", err)
	}
	done := true
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		gvr := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "clusterroles"}
		_, err := a.writer.Update(ctx, resource.OwnWrite{Resource: gvr, Name: name}, func(o object.Object) error {
			role, ok := o.(*rbacv1.ClusterRole)
			if !ok {
				return fmt.Errorf("unexpected type %T", o)
			}
			if role.AggregationRule != nil && !equality.Semantic.DeepEqual(role.Rules, wanted[name]) {
				role.Rules = wanted[name]
			}
			return nil
		})
		if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			a.log.Error("an aggregated cluster role could not be filled in", "name", name, "error", err)
			done = false
		}
	}
	return done
}

package garbage

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// attemptToOrphan takes an owner off its dependents, and then lets it go.
func (c *Collector) attemptToOrphan(ctx context.Context, key string) (time.Duration, error) {
	x, err := c.read(ctx, key)
	if err != nil || x == nil || !waitsFor(&x.Lifecycle, metav1.FinalizerOrphanDependents) {
		return 0, err
	}
	var faults []error
	for _, dependent := range c.graph.dependents(x.UID, false) {
		d, err := c.read(ctx, dependent)
		if err == nil && d != nil {
			err = c.forget(ctx, d, []types.UID{x.UID})
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("orphaning %s: %w", dependent, err))
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	if err := errors.Join(faults...); err != nil {
		return 0, err
	}
	return 0, c.removeFinalizer(ctx, x, metav1.FinalizerOrphanDependents)
}

package quota

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Stored finds out what a namespace holds.
type Stored interface {
	// Countable are the resources of which a namespace may hold objects, each once.
	Countable() []schema.GroupResource
	// Objects calls yield with the objects of a resource in a namespace, in the version that evaluators want, until it is false.
	Objects(ctx context.Context, gr schema.GroupResource, namespace string, yield func(object.Object) bool) error
	// Count is how many objects that are.
	Count(ctx context.Context, gr schema.GroupResource, namespace string) (int64, error)
}

// Usage is what a namespace uses of what a quota limits. Where some amounts could not be found out the others are returned with
// the error.
func (r *Registry) Usage(ctx context.Context, s Stored, q *corev1.ResourceQuota) (List, error) {
	used, failed, errs := List{}, map[string]bool{}, []error(nil)
	scopes := Scopes(&q.Spec)
	ctx = context.WithValue(ctx, firstKey{}, &firstOnce{})
	for _, gr := range s.Countable() {
		e := r.Get(gr)
		names := Tracked(ctx, e, q.Spec.Hard)
		if len(names) == 0 {
			continue
		}
		sum := List{}
		for _, name := range names {
			sum[name] = resource.Quantity{Format: resource.DecimalSI}
		}
		if err := r.sum(ctx, s, gr, e, scopes, q.Namespace, sum); err != nil {
			errs = append(errs, fmt.Errorf("%s in namespace %s: %w", gr, q.Namespace, err))
			for _, name := range names {
				failed[name] = true
			}
			continue
		}
		addTo(used, Mask(sum, q.Spec.Hard))
	}
	maps.DeleteFunc(used, func(name string, _ resource.Quantity) bool { return failed[name] })
	return used, errors.Join(errs...)
}

// sum adds what the objects of one resource use.
func (r *Registry) sum(ctx context.Context, s Stored, gr schema.GroupResource, e Evaluator, scopes []Scope, namespace string, sum List) error {
	if c, only := e.(counted); only {
		if len(scopes) > 0 {
			return nil
		}
		n, err := s.Count(ctx, gr, namespace)
		for _, name := range c {
			sum[name] = *resource.NewQuantity(n, resource.DecimalSI)
		}
		return err
	}
	var failure error
	err := s.Objects(ctx, gr, namespace, func(o object.Object) bool {
		var in bool
		if in, failure = InScopes(e, scopes, o); !in || failure != nil {
			return failure == nil
		}
		var usage List
		if usage, failure = e.Usage(ctx, o); failure == nil {
			addTo(sum, usage)
		}
		return failure == nil
	})
	return errors.Join(failure, err)
}

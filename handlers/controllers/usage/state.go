package usage

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// state is what the store held at one revision. It is quota.Stored.
type state struct {
	registry *resource.Registry
	view     cache.View
}

// Countable implements quota.Stored.
func (s state) Countable() (list []schema.GroupResource) {
	seen := map[schema.GroupResource]bool{}
	for _, r := range s.registry.All() {
		if gr := r.GroupResource(); countable(r) && !seen[gr] {
			seen[gr] = true
			list = append(list, gr)
		}
	}
	return list
}

// countable are the resources that upstream's discovery finds fit for a quota.
func countable(r *resource.Resource) bool {
	if !r.Namespaced || r.Codec == nil || r.Parent != nil || r.Strategy.Virtual != nil || quota.Ignored(r.GroupResource()) {
		return false
	}
	for _, verb := range []string{"create", "list", "watch", "delete"} {
		if !slices.Contains(r.Verbs, verb) {
			return false
		}
	}
	return true
}

// of is a resource in the version that evaluators know, or in any where they only count.
func (s state) of(gr schema.GroupResource) *resource.Resource {
	if r := s.registry.Get(gr.WithVersion("v1")); r != nil {
		return r
	}
	if g := s.registry.Group(gr.Group); g != nil {
		for _, v := range g.Versions {
			if r := v.Resource(gr.Resource); r != nil {
				return r
			}
		}
	}
	return nil
}

// Objects implements quota.Stored. One object is decoded at a time.
func (s state) Objects(ctx context.Context, gr schema.GroupResource, namespace string, yield func(object.Object) bool) (err error) {
	r := s.of(gr)
	if r == nil {
		return fmt.Errorf("%v is not served", gr)
	}
	s.view.Leaves(r.Keys().Within(namespace), "", func(l cache.Leaf) bool {
		for _, e := range l.Entries {
			var o object.Object
			if err = ctx.Err(); err == nil {
				o, err = decode(ctx, r, e)
			}
			if err != nil || !yield(o) {
				return false
			}
		}
		return true
	})
	return err
}

// Count implements quota.Stored.
func (s state) Count(_ context.Context, gr schema.GroupResource, namespace string) (int64, error) {
	r := s.of(gr)
	if r == nil {
		return 0, fmt.Errorf("%v is not served", gr)
	}
	return int64(s.view.Count(r.Keys().Within(namespace), "")), nil
}

func decode(ctx context.Context, r *resource.Resource, e *cache.Entry) (object.Object, error) {
	value, err := e.Value(nil)
	if err != nil {
		return nil, err
	}
	o, err := r.Decode(ctx, value, e.Revision)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Key, err)
	}
	return o, nil
}

// Package resourcetest stores objects for tests, past every rule.
package resourcetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Objects also writes: straight into the store, with no authorization, admission or validation.
type Objects struct{ *resource.Objects }

// New writes into the store of what reads there.
func New(o *resource.Objects) *Objects { return &Objects{o} }

func (s *Objects) resource(gvr schema.GroupVersionResource) (*resource.Resource, error) {
	r := s.Registry.Get(gvr)
	if r == nil || r.Codec == nil {
		return nil, fmt.Errorf("%v is not a stored resource", gvr)
	}
	return r, nil
}

// Create stores o and sets its resourceVersion; an AlreadyExists API error when it is there.
func (s *Objects) Create(ctx context.Context, gvr schema.GroupVersionResource, o object.Object) error {
	r, err := s.resource(gvr)
	if err != nil {
		return err
	}
	o.SetResourceVersion("")
	b, err := r.Encode(ctx, o)
	if err != nil {
		return err
	}
	revision, err := s.Store.Create(ctx, r.ObjectKey(o.GetNamespace(), o.GetName()), b, r.Lifetime())
	if err != nil {
		return resource.StatusError(err, r.GroupResource(), o.GetName())
	}
	o.SetResourceVersion(strconv.FormatInt(revision, 10))
	return nil
}

// Update applies change to the live object until no other writer interferes. A change that returns an error ends it.
func (s *Objects) Update(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string, change func(object.Object) error) (object.Object, error) {
	r, err := s.resource(gvr)
	if err != nil {
		return nil, err
	}
	kv, err := storage.Update(ctx, s.Store, r.ObjectKey(namespace, name), r.Lifetime(), func(kv storage.KeyValue) ([]byte, error) {
		o, err := r.Decode(ctx, kv.Value, kv.Revision)
		if err != nil {
			return nil, err
		}
		if err := change(o); err != nil {
			return nil, err
		}
		o.SetResourceVersion("")
		return r.Encode(ctx, o)
	})
	if err != nil {
		return nil, resource.StatusError(err, r.GroupResource(), name)
	}
	return r.Decode(ctx, kv.Value, kv.Revision)
}

// Delete removes the object at once; nil when it was not there.
func (s *Objects) Delete(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) error {
	r, err := s.resource(gvr)
	if err != nil {
		return err
	}
	_, err = storage.Update(ctx, s.Store, r.ObjectKey(namespace, name), 0, func(storage.KeyValue) ([]byte, error) { return nil, nil })
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return resource.StatusError(err, r.GroupResource(), name)
}

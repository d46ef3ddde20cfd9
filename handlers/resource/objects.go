package resource

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Objects reads and writes decoded objects of any resource straight in the store: no authorization, no admission, no
// validation. It is for the server's own needs: namespaces, allocators, controllers, strategies.
type Objects struct {
	Store    storage.Store
	Registry *Registry
}

func (s *Objects) resource(gvr schema.GroupVersionResource) (*Resource, error) {
	r := s.Registry.Get(gvr)
	if r == nil || r.Codec == nil {
		return nil, fmt.Errorf("%v is not a stored resource", gvr)
	}
	return r, nil
}

// Get returns a NotFound API error when there is none.
func (s *Objects) Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error) {
	r, err := s.resource(gvr)
	if err != nil {
		return nil, err
	}
	kv, _, err := s.Store.Get(ctx, r.ObjectKey(namespace, name))
	if err != nil {
		return nil, StatusError(err, r.GroupResource(), name)
	}
	return r.Decode(ctx, kv.Value, kv.Revision)
}

// List returns all objects of one namespace, or of all with an empty one.
func (s *Objects) List(ctx context.Context, gvr schema.GroupVersionResource, namespace string) ([]object.Object, error) {
	r, err := s.resource(gvr)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.List(ctx, r.Keys().Within(namespace), storage.ListOptions{})
	if err != nil {
		return nil, StatusError(err, r.GroupResource(), "")
	}
	values := make([][]byte, len(list.Items))
	for i, kv := range list.Items {
		values[i] = kv.Value
	}
	if values, err = r.Served(ctx, values); err != nil {
		return nil, err
	}
	out := make([]object.Object, len(list.Items))
	for i, kv := range list.Items {
		if out[i], err = r.Codec.Decode(values[i], kv.Revision); err != nil {
			return nil, fmt.Errorf("%s: %w", kv.Key, err)
		}
	}
	return out, nil
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
		return StatusError(err, r.GroupResource(), o.GetName())
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
		return nil, StatusError(err, r.GroupResource(), name)
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
	return StatusError(err, r.GroupResource(), name)
}

// StatusError is the API error for an error of the store; other errors, and nil, pass through.
func StatusError(err error, gr schema.GroupResource, name string) error {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return apierrors.NewNotFound(gr, name)
	case errors.Is(err, storage.ErrExists):
		return apierrors.NewAlreadyExists(gr, name)
	case errors.Is(err, storage.ErrCompacted):
		return apierrors.NewResourceExpired("The resourceVersion for the provided list is too old.")
	case errors.Is(err, storage.ErrTooLarge):
		return apierrors.NewRequestEntityTooLargeError(err.Error())
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, storage.ErrNoSpace):
		return apierrors.NewServiceUnavailable(err.Error())
	}
	return err
}

package resource

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Objects reads decoded objects of any resource straight from the store. It is for the server's own needs: namespaces, allocators,
// controllers, strategies. What they write goes through a Writer.
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

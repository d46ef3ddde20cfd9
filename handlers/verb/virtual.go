package verb

import (
	"context"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// virtual are the objects of a resource that nothing stores, in the form in which they would be stored.
func (h *Handlers) virtual(ctx context.Context, r *pipeline.Request) ([]storage.KeyValue, error) {
	objects, err := r.Resource.Strategy.Virtual(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]storage.KeyValue, len(objects))
	for i, o := range objects {
		out[i].Key = r.Resource.ObjectKey(o.GetNamespace(), o.GetName())
		if out[i].Value, err = r.Resource.Codec.Encode(o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readVirtual is read for such a resource. There are few objects, so there are no pages.
func (h *Handlers) readVirtual(ctx context.Context, r *pipeline.Request, s *selection) (*page, error) {
	all, err := h.virtual(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &page{picked: true}
	for _, kv := range all {
		e := h.Store.Entry(kv)
		ok, err := s.matchesEntry(e)
		if err != nil {
			return nil, err
		}
		if ok {
			p.objects = append(p.objects, e)
		}
	}
	return p, nil
}

func (h *Handlers) getVirtual(r *pipeline.Request, answer *answer) error {
	all, err := h.virtual(r.Context(), r)
	if err != nil {
		return err
	}
	for _, kv := range all {
		if kv.Key == r.Resource.ObjectKey(r.Info.Namespace, r.Info.Name) {
			return answer.stored(h, r, http.StatusOK, kv)
		}
	}
	return apierrors.NewNotFound(object.GroupResource(r.Resource.Group, r.Resource.Singular), r.Info.Name)
}

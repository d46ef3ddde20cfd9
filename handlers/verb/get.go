package verb

import (
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// get answers GET of one object, or of what a subresource is of it.
func (h *Handlers) get(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	revision, err := parseVersion(r.Query.Get("resourceVersion"))
	if err != nil {
		return err
	}
	if r.Resource.Strategy.Virtual != nil {
		return h.getVirtual(r, answer)
	}
	var view cache.View
	if revision > 0 {
		view, err = h.atLeast(r.Context(), revision)
	} else {
		view, err = h.Store.View(r.Context())
	}
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	e := view.Get(r.Resource.ObjectKey(r.Info.Namespace, r.Info.Name))
	if e == nil {
		return storageError(storage.ErrNotFound, r, r.Info.Name)
	}
	value, release, err := unpack(e)
	if err != nil {
		return err
	}
	defer release()
	return answer.written(&write{Handlers: h, r: r, res: r.Resource}, http.StatusOK, storage.KeyValue{Key: e.Key, Value: value, Revision: e.Revision})
}

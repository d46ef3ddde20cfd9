package verb

import (
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
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
	if revision > 0 {
		if err := h.waitFor(r.Context(), revision); err != nil {
			return err
		}
	}
	if r.Resource.Strategy.Virtual != nil {
		return h.getVirtual(r, answer)
	}
	kv, _, err := h.Store.Get(r.Context(), r.Resource.ObjectKey(r.Info.Namespace, r.Info.Name))
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	return answer.written(&write{Handlers: h, r: r, res: r.Resource}, http.StatusOK, kv)
}

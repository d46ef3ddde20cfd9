package verb

import (
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// update answers PUT: it replaces an object, or what a subresource is of it.
func (h *Handlers) update(r *pipeline.Request) error {
	options, err := updateOptions(r)
	if err != nil {
		return err
	}
	answer, o, err := receive(r, options.FieldValidation)
	if err != nil {
		return err
	}
	request := writeRequest(r, &options, options.FieldManager, options.DryRun)
	if err := request.CheckNamespace(o); err != nil {
		return err
	}
	if err := checkName(r, o); err != nil {
		return err
	}
	result, err := h.Writer.Replace(r.Context(), request, o)
	switch {
	case err != nil:
		return err
	case result.Created:
		return answer.stored(h, r, http.StatusCreated, result.Stored)
	}
	return answer.written(h, r, http.StatusOK, result.Stored)
}

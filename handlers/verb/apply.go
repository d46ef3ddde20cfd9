package verb

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/patch"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// apply answers a server-side apply: it merges what the body wants into the object, or creates that.
func (h *Handlers) apply(r *pipeline.Request, options *metav1.PatchOptions, answer *answer, body []byte) error {
	sent, err := patch.ReadConfiguration(body)
	if err != nil {
		return err
	}
	configuration := &write.Configuration{
		Content: sent.Content, Force: options.Force != nil && *options.Force,
		Check: func(a *resource.Attempt, o object.Object) error {
			warnings, err := sent.CheckStrict(options.FieldValidation)
			if err != nil {
				return err
			}
			a.Warn(warnings...)
			return checkName(r, o)
		},
	}
	result, err := h.Writer.Apply(r.Context(), writeRequest(r, options, options.FieldManager, options.DryRun), configuration)
	switch {
	case err != nil:
		return err
	case result.Created:
		return answer.stored(h, r, http.StatusCreated, result.Stored)
	}
	return answer.written(h, r, http.StatusOK, result.Stored)
}

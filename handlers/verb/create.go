package verb

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// create answers POST: it stores a new object, or carries out the action of a resource that stores none.
func (h *Handlers) create(r *pipeline.Request) error {
	options, err := createOptions(r)
	if err != nil {
		return err
	}
	answer, o, err := receive(r, options.FieldValidation)
	if err != nil {
		return err
	}
	if r.Resource.Strategy.Create != nil {
		return h.act(r, options, o, answer)
	}
	result, err := h.Writer.Create(r.Context(), writeRequest(r, &options, options.FieldManager, options.DryRun), o)
	if err != nil {
		return err
	}
	return answer.stored(h, r, http.StatusCreated, result.Stored)
}

// receive settles the form of the answer and reads the body as an object of the path's kind.
func receive(r *pipeline.Request, validation string) (*answer, object.Object, error) {
	answer, err := negotiate(r)
	if err != nil {
		return nil, nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, nil, err
	}
	o, err := decode(r, body, validation)
	return answer, o, err
}

// act carries out a resource that is an action: a binding, an eviction, a review.
func (h *Handlers) act(r *pipeline.Request, options metav1.CreateOptions, o object.Object, answer *answer) error {
	result, err := h.Writer.Act(r.Context(), writeRequest(r, &options, options.FieldManager, options.DryRun), o)
	if err != nil {
		return err
	}
	code := http.StatusCreated
	if status, ok := result.(*metav1.Status); ok {
		if status.Code == 0 {
			status.Code = http.StatusCreated
		}
		code = int(status.Code) // a Status as a result has its own code
	}
	return answer.object(h, r, code, result)
}

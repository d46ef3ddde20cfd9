package verb

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// deleteCollection answers DELETE of a collection: every object that matches is deleted like a single one, and the answer
// lists them as they were. It is no transaction: an error leaves those before it deleted.
func (h *Handlers) deleteCollection(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	options, selection, err := selected(r)
	if err != nil {
		return err
	}
	deleteOptions, err := deleteOptions(r)
	if err != nil {
		return err
	}
	listed := metav1.ListOptions{
		Limit: options.Limit, Continue: options.Continue, ResourceVersion: options.ResourceVersion, ResourceVersionMatch: options.ResourceVersionMatch,
	}
	// Upstream lists in pages, and the version of a page is exact unless the client says otherwise.
	if selection.key(r) == "" && listed.Limit == 0 && listed.ResourceVersion != "0" && listed.ResourceVersionMatch == "" && listed.ResourceVersion != "" {
		listed.ResourceVersionMatch = metav1.ResourceVersionMatchExact
	}
	p, err := h.counted(r.Context(), r, listed, selection)
	if err != nil {
		return err
	}
	request := writeRequest(r, deleteOptions, "", deleteOptions.DryRun)
	for e := range p.entries {
		namespace, name := r.Resource.SplitKey(e.Key)
		one := *request
		one.Namespace, one.Name = namespace, name
		if _, err := h.Writer.Delete(r.Context(), &one, deleteOptions); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return answer.list(h, r, http.StatusOK, p)
}

package verb

import (
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// delete answers DELETE of one object. What waits for a grace period or for finalizers is marked and stays.
func (h *Handlers) delete(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	options, err := deleteOptions(r)
	if err != nil {
		return err
	}
	result, err := h.Writer.Delete(r.Context(), writeRequest(r, options, "", options.DryRun), options)
	if err != nil {
		return err
	}
	code := http.StatusOK
	if !result.Removed && options.OrphanDependents != nil && !*options.OrphanDependents { //nolint:staticcheck // clients still send it
		code = http.StatusAccepted
	}
	if !result.Marked && !r.Resource.ReturnsDeleted {
		return answer.object(h, r, code, deleted(r.Resource, result.Last))
	}
	return answer.stored(h, r, code, result.Stored)
}

// deleted is the answer for kinds that do not answer with the object.
func deleted(res *resource.Resource, o object.Object) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusSuccess,
		Details:  &metav1.StatusDetails{Name: o.GetName(), Group: res.Group, Kind: res.Row.Resource, UID: o.GetUID()},
	}
}

// deleteOptions reads the options from the body or, when there is none, from the query.
func deleteOptions(r *pipeline.Request) (*metav1.DeleteOptions, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	o := &metav1.DeleteOptions{}
	if len(body) > 0 {
		if o, err = codec.DecodeDeleteOptions(r.HTTP.Header.Get("Content-Type"), body); err != nil {
			return nil, err
		}
		auditOptions(r, o)
	} else if err := metav1.Convert_url_Values_To_v1_DeleteOptions((*url.Values)(&r.Query), o, nil); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	// Only the feature gate AllowUnsafeMalformedObjectDeletion, which is off, gives this one a meaning.
	o.IgnoreStoreReadErrorWithClusterBreakingPotential = nil
	if err := invalidOptions("DeleteOptions", metav1validation.ValidateDeleteOptions(o)); err != nil {
		return nil, err
	}
	if warning := r.Resource.OrphanWarning; warning != "" && o.PropagationPolicy == nil && o.OrphanDependents == nil { //nolint:staticcheck // clients still send it
		r.Writer.Warn(warning)
	}
	return o, nil
}

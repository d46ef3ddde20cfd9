package verb

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/patch"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// patch answers PATCH: it applies the patch to the live object, again if another writer came between.
func (h *Handlers) patch(r *pipeline.Request) error {
	kind, err := patchType(r)
	if err != nil {
		return err
	}
	options, err := patchOptions(r, kind)
	if err != nil {
		return err
	}
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	auditPatch(r, body)
	if kind == types.ApplyYAMLPatchType {
		return h.apply(r, &options, answer, body)
	}
	p := patch.New(kind, body, options.FieldValidation)
	defer p.Free()
	result, err := h.Writer.Update(r.Context(), writeRequest(r, &options, options.FieldManager, options.DryRun), func(_ context.Context, a *resource.Attempt, current storage.KeyValue, live object.Object) (object.Object, error) {
		o, warnings, err := p.Apply(r.Resource, current, live)
		if err != nil {
			return nil, err
		}
		a.Warn(warnings...)
		return o, checkName(r, o)
	})
	if err != nil {
		return err
	}
	return answer.written(h, r, http.StatusOK, result.Stored)
}

// patchTypes are what Content-Type may say.
var patchTypes = []string{
	string(types.JSONPatchType), string(types.MergePatchType), string(types.StrategicMergePatchType), string(types.ApplyYAMLPatchType),
}

func patchType(r *pipeline.Request) (types.PatchType, error) {
	given, _, err := mime.ParseMediaType(r.HTTP.Header.Get("Content-Type"))
	switch {
	case err == nil && slices.Contains(patchTypes, given):
		return types.PatchType(given), nil
	}
	return "", &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType,
		Message: "415: Unsupported Media Type", Details: &metav1.StatusDetails{},
	}}
}

func patchOptions(r *pipeline.Request, kind types.PatchType) (metav1.PatchOptions, error) {
	return options(r, "PatchOptions", func(in *url.Values, out *metav1.PatchOptions) error {
		return metav1.Convert_url_Values_To_v1_PatchOptions(in, out, nil)
	}, func(o *metav1.PatchOptions) field.ErrorList { return metav1validation.ValidatePatchOptions(o, kind) })
}

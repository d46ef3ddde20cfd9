package verb

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// maxOperations is the largest number of operations in a JSON patch (the original's figure).
const maxOperations = 10000

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
	w := &write{Handlers: h, r: r, res: r.Resource, dryRun: len(options.DryRun) > 0}
	p := patcher{write: w, kind: kind, body: body, strictness: options.FieldValidation}
	kv, err := w.change(p.next)
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	return answer.written(w, http.StatusOK, kv)
}

// patchTypes are what Content-Type may say. Server-side apply is not among them yet.
var patchTypes = []types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType}

func patchType(r *pipeline.Request) (types.PatchType, error) {
	header := r.HTTP.Header.Get("Content-Type")
	given, _, err := mime.ParseMediaType(header)
	if err != nil {
		given = header
	}
	names := make([]string, len(patchTypes))
	for i, t := range patchTypes {
		if string(t) == given {
			return t, nil
		}
		names[i] = string(t)
	}
	return "", codec.UnsupportedMediaType(names)
}

func patchOptions(r *pipeline.Request, kind types.PatchType) (metav1.PatchOptions, error) {
	return options(r, "PatchOptions", func(in *url.Values, out *metav1.PatchOptions) error {
		return metav1.Convert_url_Values_To_v1_PatchOptions(in, out, nil)
	}, func(o *metav1.PatchOptions) field.ErrorList { return metav1validation.ValidatePatchOptions(o, kind) })
}

// patcher applies one patch.
type patcher struct {
	*write
	kind       types.PatchType
	body       []byte
	strictness string
}

// next is the object that the patch makes of the live one.
func (p *patcher) next(old object.Object) (object.Object, error) {
	view, err := p.view(old)
	if err != nil {
		return nil, err
	}
	before, err := json.Marshal(view)
	if err != nil {
		return nil, fmt.Errorf("encoding the live object: %w", err)
	}
	after, err := p.patched(before, view)
	if err != nil {
		return nil, err
	}
	o, err := p.decodePatched(after, p.strictness)
	if err != nil {
		return nil, err
	}
	if err := checkName(p.r, o); err != nil {
		return nil, err
	}
	return p.merge(o, old)
}

// view is the object as the subresource shows it.
func (w *write) view(old object.Object) (object.Object, error) {
	if w.res.Strategy.View == nil {
		return old, nil
	}
	return w.res.Strategy.View(old)
}

// patched applies the patch to the JSON of the live object.
func (p *patcher) patched(before []byte, view object.Object) ([]byte, error) {
	switch p.kind {
	case types.JSONPatchType:
		return p.jsonPatched(before)
	case types.MergePatchType:
		if err := p.object(); err != nil {
			return nil, err
		}
		after, err := jsonpatch.MergePatch(before, p.body)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		return after, nil
	}
	return p.strategicPatched(before, view)
}

func (p *patcher) jsonPatched(before []byte) ([]byte, error) {
	patch, err := jsonpatch.DecodePatch(p.body)
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	if len(patch) > maxOperations {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("The allowed maximum operations in a JSON patch is %d, got %d", maxOperations, len(patch)))
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", object.GroupResource("", ""), "", err.Error(), 0, false)
	}
	return after, nil
}

// object refuses a patch that is not a JSON object: a merge patch of another kind would replace the whole object.
func (p *patcher) object() error {
	var m map[string]any
	if err := json.Unmarshal(p.body, &m); err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	return nil
}

func (p *patcher) strategicPatched(before []byte, view object.Object) ([]byte, error) {
	meta, err := strategicpatch.NewPatchMetaFromStruct(view)
	if err != nil {
		return nil, codec.UnsupportedMediaType([]string{string(types.JSONPatchType), string(types.MergePatchType)})
	}
	var original, patch map[string]any
	if err := json.Unmarshal(before, &original); err != nil {
		return nil, fmt.Errorf("decoding the live object: %w", err)
	}
	if err := yaml.Unmarshal(p.body, &patch); err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	after, err := strategicpatch.StrategicMergeMapPatchUsingLookupPatchMeta(original, patch, meta)
	switch {
	case err == nil:
	case mergepatch.IsPreconditionFailed(err), err == mergepatch.ErrBadJSONDoc, err == mergepatch.ErrBadPatchFormatForPrimitiveList,
		err == mergepatch.ErrBadPatchFormatForRetainKeys, err == mergepatch.ErrBadPatchFormatForSetElementOrderList, err == mergepatch.ErrUnsupportedStrategicMergePatchFormat:
		return nil, apierrors.NewBadRequest(err.Error())
	case err == mergepatch.ErrNoListOfLists, mergepatch.IsConflict(err):
		return nil, apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", object.GroupResource("", ""), "", err.Error(), 0, false)
	default:
		return nil, apierrors.NewInternalError(err)
	}
	return json.Marshal(after)
}

package verb

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
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
	w, body, answer, err := h.begin(r, options.DryRun)
	if err != nil {
		return err
	}
	auditPatch(r, body)
	p := &patcher{write: w, kind: kind, body: body, strictness: options.FieldValidation}
	buffer := buffers.Get().(*[]byte)
	p.scratch = *buffer
	kv, err := w.change(p.next)
	if cap(p.scratch) <= largeBuffer {
		*buffer = p.scratch[:0]
		buffers.Put(buffer)
	}
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	return answer.written(w, http.StatusOK, kv)
}

// patchTypes are what Content-Type may say. Server-side apply is not among them yet.
var patchTypes = []string{string(types.JSONPatchType), string(types.MergePatchType), string(types.StrategicMergePatchType)}

func patchType(r *pipeline.Request) (types.PatchType, error) {
	given, _, err := mime.ParseMediaType(r.HTTP.Header.Get("Content-Type"))
	switch {
	case err == nil && slices.Contains(patchTypes, given):
		return types.PatchType(given), nil
	case err == nil && strings.HasPrefix(given, "application/apply-patch"):
		return "", codec.UnsupportedMediaType(patchTypes)
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

// patcher applies one patch.
type patcher struct {
	*write
	kind       types.PatchType
	body       []byte
	strictness string
	// read is the body as a merge patch, once it was looked at.
	read *codec.MergePatch
	// scratch has the texts before and after. Objects that are made of them keep nothing of it.
	scratch []byte
}

// next is the object that the patch makes of the live one.
func (p *patcher) next(current storage.KeyValue, old object.Object) (object.Object, error) {
	view, err := p.view(old)
	if err != nil {
		return nil, err
	}
	before, err := p.before(current, view)
	if err != nil {
		return nil, fmt.Errorf("encoding the live object: %w", err)
	}
	o, err := p.outcome(before, view)
	if err != nil {
		return nil, err
	}
	if err := checkName(p.r, o); err != nil {
		return nil, err
	}
	return p.merge(o, old)
}

// before is the JSON that is patched. Patches that merge go by the stored object as clients read it; a JSON patch may ask
// for fields that only defaults bring.
func (p *patcher) before(current storage.KeyValue, view object.Object) ([]byte, error) {
	if p.kind != types.JSONPatchType && p.res.Strategy.View == nil {
		text, err := p.main().Codec.AppendJSON(p.scratch[:0], current.Value, current.Revision, false)
		p.scratch = text
		return text, err
	}
	return json.Marshal(view)
}

// view is the object as the subresource shows it.
func (w *write) view(old object.Object) (object.Object, error) {
	if w.res.Strategy.View == nil {
		return old, nil
	}
	return w.res.Strategy.View(old)
}

// patched is what a patch made of an object.
type patched struct {
	json []byte
	// shown is how an error quotes it.
	shown string
	// strict are the duplicate and unknown fields of the patch itself.
	strict []error
}

// outcome applies the patch to the JSON of the live object.
func (p *patcher) outcome(before []byte, view object.Object) (object.Object, error) {
	var after *patched
	var err error
	switch p.kind {
	case types.JSONPatchType:
		after, err = p.applyJSON(before)
	case types.MergePatchType:
		return p.applyMerge(before)
	default:
		after, err = p.applyStrategic(before, view)
	}
	if err != nil {
		return nil, err
	}
	return p.decodePatched(after, p.strictness)
}

// operation is one step of a JSON patch (RFC 6902), to find fields that it does not have.
type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from"`
	Value json.RawMessage `json:"value"`
}

func (p *patcher) applyJSON(before []byte) (*patched, error) {
	var operations []operation
	strict, err := kjson.UnmarshalStrict(p.body, &operations)
	if err != nil {
		return nil, undecodable(err)
	}
	patch, err := jsonpatch.DecodePatch(p.body)
	if err != nil {
		return nil, undecodable(err)
	}
	if len(patch) > maxOperations {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("The allowed maximum operations in a JSON patch is %d, got %d", maxOperations, len(patch)))
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, unprocessable(err)
	}
	return &patched{json: after, shown: string(after), strict: strict}, nil
}

// applyMerge refuses a patch that is not a JSON object: a merge patch (RFC 7386) of another kind would replace the whole
// object. A patch that has something to be told of is applied by the library of the original, which orders the text that
// errors and warnings go by.
func (p *patcher) applyMerge(before []byte) (object.Object, error) {
	var strict []error
	if p.read == nil {
		var object map[string]any
		var err error
		if strict, err = kjson.UnmarshalStrict(p.body, &object); err != nil {
			return nil, undecodable(err)
		}
		if object != nil && len(strict) == 0 {
			if p.read, err = codec.NewMergePatch(p.body); err != nil {
				return nil, undecodable(err)
			}
		}
	}
	if p.read != nil {
		both, err := p.read.Apply(before, before)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		p.scratch = both
		if o, ok := p.quick(both[len(before):]); ok {
			return o, nil
		}
	}
	after, err := jsonpatch.MergePatch(before, p.body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return p.decodePatched(&patched{json: after, shown: string(after), strict: strict}, p.strictness)
}

func (p *patcher) applyStrategic(before []byte, view object.Object) (*patched, error) {
	meta, err := strategicpatch.NewPatchMetaFromStruct(view)
	if err != nil {
		return nil, codec.UnsupportedMediaType([]string{string(types.JSONPatchType), string(types.MergePatchType)})
	}
	var original, patch map[string]any
	strict, err := kjson.UnmarshalStrict(p.body, &patch)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	// Only what the patch names is taken apart, unless it has orders for the whole object.
	named, others := before, []byte("{}")
	if !slices.ContainsFunc(slices.Collect(maps.Keys(patch)), func(name string) bool { return strings.HasPrefix(name, "$") }) {
		named, others, err = codec.Split(before, func(name string) bool { _, found := patch[name]; return found })
	}
	if err == nil {
		// Integers must stay integers on both sides: elements of lists are found by comparing keys, which may be ports.
		err = kjson.UnmarshalCaseSensitivePreserveInts(named, &original)
	}
	if err != nil {
		return nil, fmt.Errorf("decoding the live object: %w", err)
	}
	shown := fmt.Sprintf("%+v", patch) // merging may change it
	after, err := strategicpatch.StrategicMergeMapPatchUsingLookupPatchMeta(original, patch, meta)
	switch {
	case err == nil:
	case mergepatch.IsPreconditionFailed(err), errors.Is(err, mergepatch.ErrBadJSONDoc), errors.Is(err, mergepatch.ErrBadPatchFormatForPrimitiveList),
		errors.Is(err, mergepatch.ErrBadPatchFormatForRetainKeys), errors.Is(err, mergepatch.ErrBadPatchFormatForSetElementOrderList), errors.Is(err, mergepatch.ErrUnsupportedStrategicMergePatchFormat):
		return nil, apierrors.NewBadRequest(err.Error())
	case errors.Is(err, mergepatch.ErrNoListOfLists), mergepatch.IsConflict(err):
		return nil, unprocessable(err)
	default:
		return nil, pipeline.ClientFault{Err: err}
	}
	b, err := json.Marshal(after)
	return &patched{json: codec.Join(others, b), shown: shown, strict: strict}, err
}

func undecodable(err error) error {
	return apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
}

func unprocessable(err error) error {
	return apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", object.GroupResource("", ""), "", err.Error(), 0, false)
}

// Package patch applies JSON patches (RFC 6902), merge patches (RFC 7386) and strategic merge patches to objects, without HTTP.
package patch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Patch is the body of one request. It is applied to one live object after the other, by one goroutine, and freed in the end.
type Patch struct {
	kind types.PatchType
	body []byte
	// validation is the fieldValidation parameter.
	validation string
	// read is the body as a merge patch, json as a JSON patch, once it was looked at.
	read *codec.MergePatch
	// keepsOwners: the merge patch says nothing of managedFields.
	keepsOwners bool
	json        *jsonPatch
	// scratch has the texts before and after. Objects that are made of them keep nothing of it.
	scratch []byte
}

// scratches are reused between patches. Very large ones are left to the garbage collector.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

const largeScratch = 1 << 20

// New reads nothing yet: what is wrong with the body is told when it is applied. Free gives back its memory.
func New(kind types.PatchType, body []byte, validation string) *Patch {
	scratch := scratches.Get().(*[]byte)
	return &Patch{kind: kind, body: body, validation: validation, scratch: *scratch}
}

// Free ends the use of the patch.
func (p *Patch) Free() {
	if cap(p.scratch) <= largeScratch {
		scratch := p.scratch[:0]
		scratches.Put(&scratch)
	}
	p.scratch = nil
}

// Apply is the body of res, with its defaults, that the patch makes of the live object; current is its stored form. Warnings
// are for the client. Errors are API errors.
func (p *Patch) Apply(res *resource.Resource, current storage.KeyValue, live object.Object) (o object.Object, warnings []string, err error) {
	shown := live
	if res.Strategy.View != nil {
		if shown, err = res.Strategy.Changeable(live); err != nil {
			return nil, nil, err
		}
	}
	before, err := p.before(res, current, shown)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding the live object: %w", err)
	}
	switch p.kind {
	case types.JSONPatchType:
		after, err := p.operations(before)
		if err != nil {
			return nil, nil, err
		}
		return p.decode(res, after)
	case types.MergePatchType:
		return p.merge(res, before, shown)
	default:
		return p.strategic(res, before)
	}
}

// before is the JSON that is patched. Patches that merge go by the stored object as clients read it; a JSON patch may ask
// for fields that only defaults bring.
func (p *Patch) before(res *resource.Resource, current storage.KeyValue, shown object.Object) ([]byte, error) {
	if p.kind != types.JSONPatchType && res.Strategy.View == nil {
		text, err := res.Codec.AppendJSON(p.scratch[:0], current.Value, current.Revision, false)
		p.scratch = text
		return text, err
	}
	return json.Marshal(shown)
}

// patched is what a patch made of an object.
type patched struct {
	json []byte
	// content is the same as a map, after a strategic merge patch.
	content map[string]any
	// shown is how an error quotes it.
	shown string
	// strict are the duplicate and unknown fields of the patch itself.
	strict []error
}

// decode builds the object of what a patch made.
func (p *Patch) decode(res *resource.Resource, after *patched) (object.Object, []string, error) {
	o, warnings, err := res.Body.DecodePatched(resource.Patched{Text: after.json, Content: after.content, Shown: after.shown, Strict: after.strict, Validation: p.validation})
	if err != nil {
		return nil, nil, err
	}
	return filled(res, o), warnings, nil
}

// quick is decode for text that has nothing unusual.
func quick(res *resource.Resource, text []byte) (object.Object, bool) {
	o, ok := res.Body.DecodeQuick(text)
	if !ok {
		return nil, false
	}
	return filled(res, o), true
}

func filled(res *resource.Resource, o object.Object) object.Object {
	if res.Default != nil {
		res.Default(o)
	}
	return o
}

func undecodable(err error) error {
	return apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
}

func unprocessable(err error) error {
	return apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", object.GroupResource("", ""), "", err.Error(), 0, false)
}

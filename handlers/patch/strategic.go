package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// strategic applies a strategic merge patch, by the merge keys and strategies of the kind's type.
func (p *Patch) strategic(res *resource.Resource, before []byte) (object.Object, []string, error) {
	meta := res.Body.PatchMeta()
	if meta == nil {
		return nil, nil, codec.UnsupportedMediaType([]string{string(types.JSONPatchType), string(types.MergePatchType), string(types.ApplyYAMLPatchType)})
	}
	var original, patch map[string]any
	var strict []error
	var err error
	if err = codec.CheckWeight(p.body, patch); err != nil {
		return nil, nil, undecodable(err)
	}
	if p.validation == metav1.FieldValidationIgnore {
		err = kjson.UnmarshalCaseSensitivePreserveInts(p.body, &patch)
	} else {
		strict, err = kjson.UnmarshalStrict(p.body, &patch)
	}
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
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
		return nil, nil, fmt.Errorf("decoding the live object: %w", err)
	}
	if err := checkCost(original, patch, meta); err != nil {
		return nil, nil, err
	}
	shown := fmt.Sprintf("%+v", patch) // merging may change it
	kind, version := original["kind"], original["apiVersion"]
	after, err := strategicpatch.StrategicMergeMapPatchUsingLookupPatchMeta(original, patch, meta)
	switch {
	case err == nil:
	case mergepatch.IsPreconditionFailed(err), errors.Is(err, mergepatch.ErrBadJSONDoc), errors.Is(err, mergepatch.ErrBadPatchFormatForPrimitiveList),
		errors.Is(err, mergepatch.ErrBadPatchFormatForRetainKeys), errors.Is(err, mergepatch.ErrBadPatchFormatForSetElementOrderList), errors.Is(err, mergepatch.ErrUnsupportedStrategicMergePatchFormat):
		return nil, nil, apierrors.NewBadRequest(err.Error())
	case errors.Is(err, mergepatch.ErrNoListOfLists), mergepatch.IsConflict(err):
		return nil, nil, unprocessable(err)
	default:
		return nil, nil, resource.ClientFault{Err: err}
	}
	// The kind and version of the result are the resource's, unless the patch has values of another type for them.
	keepText(after, "kind", kind)
	keepText(after, "apiVersion", version)
	b, err := json.Marshal(after)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding the patched object: %w", err)
	}
	text := codec.Join(others, b)
	if len(strict) == 0 {
		if o, ok := quick(res, text); ok {
			return o, nil, nil
		}
	}
	var content map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &content); err != nil {
		return nil, nil, fmt.Errorf("decoding the patched object: %w", err)
	}
	maps.Copy(content, after) // where 2.0 is no integer
	return p.decode(res, &patched{json: text, content: content, shown: shown, strict: strict})
}

// keepText sets a field to what it was if it is a text or is not there any more.
func keepText(content map[string]any, name string, was any) {
	now, there := content[name]
	if _, isText := now.(string); was != nil && (isText || !there) {
		content[name] = was
	}
}

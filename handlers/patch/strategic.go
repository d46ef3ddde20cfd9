package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func (p *Patch) strategic(res *resource.Resource, before []byte) (*patched, error) {
	meta := res.Body.PatchMeta()
	if meta == nil {
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
	if err := checkCost(original, patch, meta); err != nil {
		return nil, err
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
		return nil, resource.ClientFault{Err: err}
	}
	b, err := json.Marshal(after)
	return &patched{json: codec.Join(others, b), shown: shown, strict: strict}, err
}

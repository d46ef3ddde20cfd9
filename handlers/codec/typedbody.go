package codec

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// TypedBody reads bodies of a built-in kind.
type TypedBody struct {
	kind  schema.GroupVersionKind
	also  []schema.GroupVersion
	empty func() runtime.Object
	patch strategicpatch.LookupPatchMeta
}

var _ resource.Body = &TypedBody{}

// NewTypedBody reads bodies of gvk. also are older versions of the kind, of the same fields, that are accepted too.
func NewTypedBody(gvk schema.GroupVersionKind, also ...string) (*TypedBody, error) {
	b := &TypedBody{kind: gvk, empty: resources.Kinds[gvk]}
	if b.empty == nil {
		return nil, fmt.Errorf("%v is not a built-in kind", gvk)
	}
	o, ok := b.empty().(object.Object)
	if !ok {
		return nil, fmt.Errorf("%v has no metadata", gvk)
	}
	for _, version := range also {
		b.also = append(b.also, schema.GroupVersion{Group: gvk.Group, Version: version})
	}
	b.patch = strategicpatch.PatchMetaFromStruct{T: reflect.TypeOf(o).Elem()}
	return b, nil
}

func (b *TypedBody) object() object.Object { return b.empty().(object.Object) }

// Decode implements resource.Body.
func (b *TypedBody) Decode(sent resource.Sent) (object.Object, []string, error) {
	format, err := BodyFormat(sent.ContentType, Endpoint{})
	if err != nil {
		return nil, nil, err
	}
	o := b.object()
	warnings, err := Body{Format: format, Data: sent.Data, Kind: b.kind, Also: b.also, Validation: sent.Validation}.Decode(o)
	if err != nil {
		return nil, nil, err
	}
	return o, warnings, nil
}

// DecodePatched implements resource.Body.
func (b *TypedBody) DecodePatched(p resource.Patched) (object.Object, []string, error) {
	o := b.object()
	warnings, err := Body{Kind: b.kind}.decodePatched(p, o)
	if err != nil {
		return nil, nil, err
	}
	return o, warnings, nil
}

// DecodeQuick implements resource.Body.
func (b *TypedBody) DecodeQuick(text []byte) (object.Object, bool) {
	o := b.object()
	return o, Body{Data: text, Kind: b.kind, patched: true}.Quick(o)
}

// PatchMeta implements resource.Body.
func (b *TypedBody) PatchMeta() strategicpatch.LookupPatchMeta { return b.patch }

// HasProtobuf implements resource.Body.
func (b *TypedBody) HasProtobuf() bool { return true }

package codec

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Prune brings an object into the form that its schema gives it, and removes what that does not have. With track it returns the
// paths of what it removed. An error says that the object cannot be decoded.
type Prune func(content map[string]any, track bool) (unknown []string, err error)

// UnstructuredBody reads bodies of a kind that has no Go type.
type UnstructuredBody struct {
	kind  schema.GroupVersionKind
	prune Prune
}

var _ resource.Body = &UnstructuredBody{}

// NewUnstructuredBody reads bodies of gvk. prune may be nil: then every field is known.
func NewUnstructuredBody(gvk schema.GroupVersionKind, prune Prune) *UnstructuredBody {
	return &UnstructuredBody{gvk, prune}
}

func (b *UnstructuredBody) body(data []byte, validation string) Body {
	return Body{Data: data, Kind: b.kind, Validation: validation, prune: b.prune}
}

// Decode implements resource.Body.
func (b *UnstructuredBody) Decode(sent resource.Sent) (object.Object, []string, error) {
	format, err := BodyFormat(sent.ContentType, Endpoint{NoProtobuf: true})
	if err != nil {
		return nil, nil, err
	}
	body, o := b.body(sent.Data, sent.Validation), &unstructured.Unstructured{}
	body.Format = format
	warnings, err := body.Decode(o)
	if err != nil {
		return nil, nil, err
	}
	return o, warnings, nil
}

// DecodePatched implements resource.Body.
func (b *UnstructuredBody) DecodePatched(p resource.Patched) (object.Object, []string, error) {
	o := &unstructured.Unstructured{}
	warnings, err := b.body(nil, "").decodePatched(p, o)
	if err != nil {
		return nil, nil, err
	}
	return o, warnings, nil
}

// DecodeQuick implements resource.Body: every text goes the long way.
func (b *UnstructuredBody) DecodeQuick([]byte) (object.Object, bool) { return nil, false }

// PatchMeta implements resource.Body.
func (b *UnstructuredBody) PatchMeta() strategicpatch.LookupPatchMeta { return nil }

// HasProtobuf implements resource.Body.
func (b *UnstructuredBody) HasProtobuf() bool { return false }

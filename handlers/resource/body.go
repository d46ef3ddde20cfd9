package resource

import (
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Body reads the objects that clients send. Each resource and each subresource has its own: the body of an eviction or a
// scale is of another kind than the object that it is about. Safe for concurrent use. Defaults are not filled.
type Body interface {
	// Decode reads the body of a create or an update. Its apiVersion and kind become those of the resource. Errors are API
	// errors (400, 415) in upstream's words. Warnings are for the client, in order.
	Decode(sent Sent) (o object.Object, warnings []string, err error)
	// DecodePatched reads what a patch made of an object. Its faults are the patch's (422).
	DecodePatched(p Patched) (o object.Object, warnings []string, err error)
	// DecodeQuick is DecodePatched for a text that there is nothing to say about; false means that it was not read.
	DecodeQuick(text []byte) (object.Object, bool)
	// PatchMeta is how a strategic merge patch treats lists; nil when the kind has no such patches.
	PatchMeta() strategicpatch.LookupPatchMeta
	// HasProtobuf says whether bodies and answers can be protobuf.
	HasProtobuf() bool
}

// Sent is a body as it came.
type Sent struct {
	ContentType string
	Data        []byte
	// Validation is the fieldValidation parameter: Ignore, Warn or Strict; empty means Warn, as upstream has it.
	Validation string
}

// Patched is what a patch made of an object.
type Patched struct {
	// Text is JSON.
	Text []byte
	// Content is the same as a map, after a strategic merge patch. It becomes an object of the resource's kind whatever
	// kind it names; a text is decoded like a body, which has to be of that kind.
	Content map[string]any
	// Shown is how an error quotes it.
	Shown string
	// Strict are the duplicate and unknown fields of the patch itself.
	Strict     []error
	Validation string
}

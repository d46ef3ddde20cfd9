package resource

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Codec is everything that depends on how the objects of a kind are held: as a generated struct that is stored as
// protobuf, or as a map that is stored as JSON. Nothing else asks which of the two an object is.
//
// The stored form has no resourceVersion: that is the store's revision, which every reading method puts in. A revision of
// 0 leaves the resourceVersion out. Methods are safe for concurrent use, never wait, and never keep their arguments.
type Codec interface {
	// Encode is the stored form of an object of the resource's kind and version, converted when it is stored in another.
	Encode(o object.Object) ([]byte, error)
	// Decode builds an object of the resource's kind and version, defaults applied.
	Decode(stored []byte, revision int64) (object.Object, error)
	// AppendJSON appends the object as JSON. With item, apiVersion and kind are left out where lists of this kind have
	// none in their items.
	AppendJSON(dst, stored []byte, revision int64, item bool) ([]byte, error)
	// AppendProtobuf appends the object in protobuf: with its envelope, or as a list's item without.
	AppendProtobuf(dst, stored []byte, revision int64, item bool) ([]byte, error)
	// AppendMetadataJSON appends a PartialObjectMetadata of the given version of meta.k8s.io.
	AppendMetadataJSON(dst, stored []byte, revision int64, version string) ([]byte, error)
	// AppendMetadataProtobuf appends the same in protobuf: with its envelope, or as a list's item without.
	AppendMetadataProtobuf(dst, stored []byte, revision int64, version string, item bool) ([]byte, error)
	// Conversion is nil when the methods above convert between versions by themselves.
	Conversion() Conversion
	Attributes
	Parts
}

// Attributes are what indexes need to know of a stored object, read from its bytes.
type Attributes interface {
	// Attributes are the labels and selectable fields, in the form of the watch cache; nil when only Decode can read them.
	Attributes(stored []byte) any
	// HasAttribute says whether Attributes has a field of every object that it reads.
	HasAttribute(field string) bool
	// Owners appends the UIDs of the owners.
	Owners(dst []string, stored []byte) ([]string, error)
}

// Parts takes objects apart: writes keep the status from the rest. Two objects in one call are of the codec's kind, and
// may share memory afterwards.
type Parts interface {
	// Status is the status of an object; nil when it has none. It must not be changed.
	Status(o object.Object) any
	// ClearStatus empties the status.
	ClearStatus(o object.Object)
	// CopyStatus gives o the status of from.
	CopyStatus(o, from object.Object)
	// KeepAllButStatus gives o everything of from but the status and the metadata.
	KeepAllButStatus(o, from object.Object)
	// ContentChanged says whether anything but the metadata and the status differs. Values that mean the same (quantities,
	// times, nil and empty lists) are equal.
	ContentChanged(o, old object.Object) bool
}

// Conversion converts objects between the version that a Codec works on and the stored ones, where somebody else has to be
// asked (a webhook). Each call may take as long as its context allows, so it takes a whole list.
type Conversion interface {
	// ToServed converts stored objects of any version to the one that the codec reads: as many, in their order. What is
	// in that version already is returned as it is.
	ToServed(ctx context.Context, stored [][]byte) ([][]byte, error)
	// ToStored returns what Encode has made in the version that is stored.
	ToStored(ctx context.Context, encoded [][]byte) ([][]byte, error)
}

// Served brings stored objects into the form that the codec reads: before any of its reading methods, for a whole list at
// once. For most resources that is what they are, and nothing is done.
func (r *Resource) Served(ctx context.Context, stored [][]byte) ([][]byte, error) {
	if c := r.Codec.Conversion(); c != nil && len(stored) > 0 {
		return c.ToServed(ctx, stored)
	}
	return stored, nil
}

// ServedOne is Served for one object.
func (r *Resource) ServedOne(ctx context.Context, stored []byte) ([]byte, error) {
	c := r.Codec.Conversion()
	if c == nil {
		return stored, nil
	}
	served, err := c.ToServed(ctx, [][]byte{stored})
	if err != nil {
		return nil, err
	}
	return served[0], nil
}

// Decode builds one stored object, converted where that is needed.
func (r *Resource) Decode(ctx context.Context, stored []byte, revision int64) (object.Object, error) {
	served, err := r.ServedOne(ctx, stored)
	if err != nil {
		return nil, err
	}
	return r.Codec.Decode(served, revision)
}

// Encode is the stored form of one object, converted where that is needed.
func (r *Resource) Encode(ctx context.Context, o object.Object) ([]byte, error) {
	b, err := r.Codec.Encode(o)
	if err != nil {
		return nil, err
	}
	if c := r.Codec.Conversion(); c != nil {
		stored, err := c.ToStored(ctx, [][]byte{b})
		if err != nil {
			return nil, err
		}
		b = stored[0]
	}
	return b, nil
}

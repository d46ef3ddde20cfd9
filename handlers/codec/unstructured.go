package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Unstructured is the codec of a kind that has no Go type: it is kept as JSON with sorted keys, as upstream keeps
// custom resources.
type Unstructured struct {
	gvk schema.GroupVersionKind
	mapParts
}

var _ resource.Codec = &Unstructured{}

// NewUnstructured makes the codec of gvk.
func NewUnstructured(gvk schema.GroupVersionKind) *Unstructured { return &Unstructured{gvk: gvk} }

// Encode implements resource.Codec.
func (c *Unstructured) Encode(o object.Object) ([]byte, error) {
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%v: %T is not unstructured", c.gvk, o)
	}
	content := u.Object
	if u.GetResourceVersion() != "" {
		// Only the path to the field is copied: the object is the caller's.
		metadata := make(map[string]any, len(content))
		for k, v := range content["metadata"].(map[string]any) {
			if k != "resourceVersion" {
				metadata[k] = v
			}
		}
		content = make(map[string]any, len(u.Object))
		for k, v := range u.Object {
			content[k] = v
		}
		content["metadata"] = metadata
	}
	b, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c.gvk, err)
	}
	return append(b, '\n'), nil
}

// Decode implements resource.Codec.
func (c *Unstructured) Decode(stored []byte, revision int64) (object.Object, error) {
	u := &unstructured.Unstructured{}
	if err := unmarshal(stored, &u.Object); err != nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	if u.Object == nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, errScan)
	}
	u.SetResourceVersion("")
	if revision != 0 {
		u.SetResourceVersion(strconv.FormatInt(revision, 10))
	}
	return u, nil
}

// AppendJSON implements resource.Codec. Items of a list have their apiVersion and kind, so item makes no difference.
func (c *Unstructured) AppendJSON(dst, stored []byte, revision int64, _ bool) ([]byte, error) {
	stored = bytes.TrimSuffix(stored, []byte("\n"))
	at, _, err := c.metadata(stored)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	dst = append(dst, stored[:at.from]...)
	dst = at.appendVersion(dst, revision)
	return append(dst, stored[at.to:]...), nil
}

// slot is where the resourceVersion belongs among the sorted keys of the metadata.
type slot struct {
	// from and to delimit what it replaces: an old one with its comma, or nothing.
	from, to int
	// before and after say that other keys stand there.
	before, after bool
}

func (s slot) appendVersion(dst []byte, revision int64) []byte {
	if revision == 0 {
		if s.before && s.after {
			dst = append(dst, ',')
		}
		return dst
	}
	if s.before {
		dst = append(dst, ',')
	}
	dst = append(dst, `"resourceVersion":"`...)
	dst = append(strconv.AppendInt(dst, revision, 10), '"')
	if s.after {
		dst = append(dst, ',')
	}
	return dst
}

// metadata finds the metadata object and, in it, the place of the resourceVersion.
func (c *Unstructured) metadata(stored []byte) (at slot, metadata []byte, err error) {
	start := -1
	err = members(stored, 0, func(m member) bool {
		if m.key == "metadata" {
			start, metadata = m.value, stored[m.value:m.to]
		}
		return start < 0
	})
	if err != nil || start < 0 {
		return at, nil, errScan
	}
	// Between the keys before and after the slot there is a comma, which the slot covers.
	at.from = start + 1
	at.to = at.from
	err = members(stored, start, func(m member) bool {
		switch {
		case m.key == "resourceVersion":
			at.to = m.to
		case m.key < "resourceVersion":
			at.before, at.from, at.to = true, m.to, m.to
		default:
			at.after, at.to = true, m.from
			return false
		}
		return true
	})
	return at, metadata, err
}

// AppendProtobuf implements resource.Codec; custom resources have no protobuf form.
func (c *Unstructured) AppendProtobuf(dst, _ []byte, _ int64, _ bool) ([]byte, error) {
	return dst, notMarshalable(fmt.Sprintf("object %v does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message", c.gvk))
}

// Conversion implements resource.Codec.
func (c *Unstructured) Conversion() resource.Conversion { return nil }

// Attributes implements resource.Codec.
func (c *Unstructured) Attributes(stored []byte) any { return attributes(indexJSON(stored)) }

// HasAttribute implements resource.Codec.
func (c *Unstructured) HasAttribute(string) bool { return false }

// Owners implements resource.Codec.
func (c *Unstructured) Owners(dst []string, stored []byte) ([]string, error) {
	return ownersOfJSON(dst, stored)
}

func (c *Unstructured) keysSorted() {}

// notMarshalable is an API error (406).
func notMarshalable(message string) error { return notAcceptable(message, nil) }

// objectMetaOf is the metadata as a struct.
func (c *Unstructured) objectMetaOf(stored []byte, revision int64) (*metav1.ObjectMeta, error) {
	_, b, err := c.metadata(stored)
	if err != nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	meta := &metav1.ObjectMeta{}
	if err := unmarshal(b, meta); err != nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	meta.ResourceVersion = string(appendRevision(nil, revision))
	return meta, nil
}

package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const partialKind = "PartialObjectMetadata"

func appendPartialHead(dst []byte, version string) []byte {
	dst = append(dst, `{"kind":"`+partialKind+`","apiVersion":"`+metav1.GroupName+`/`...)
	return append(append(dst, version...), `","metadata":`...)
}

// HideAnnotations names annotations that are left out of the metadata shown alone: they stand for fields of the object. It must
// be called before the codec is in use.
func (c *Builtin) HideAnnotations(names ...string) { c.hidden = names }

// metadataOf is the metadata of stored bytes that is to be shown alone.
func (c *Builtin) metadataOf(stored []byte) (m stampedMetadata, err error) {
	_, m, err = c.canonicalEnvelope(stored)
	if err != nil || !slices.ContainsFunc(c.hidden, func(name string) bool { return bytes.Contains(m.content, []byte(name)) }) {
		return m, err
	}
	meta := &metav1.ObjectMeta{}
	if err := unmarshalMessage(m.content, meta); err != nil {
		return m, err
	}
	for _, name := range c.hidden {
		delete(meta.Annotations, name)
	}
	content, err := AppendProtobufMessage(nil, meta)
	if err != nil {
		return m, err
	}
	raw := binary.AppendUvarint([]byte{metadataNumber<<3 | wireBytes}, uint64(len(content)))
	return findMetadata(append(raw, content...))
}

// canonicalEnvelope opens stored bytes; those that are not canonical, or of another version, are made anew.
func (c *Builtin) canonicalEnvelope(stored []byte) (raw []byte, m stampedMetadata, err error) {
	_, e, err := c.open(stored)
	if err != nil {
		return nil, m, err
	}
	if c.copyableMetadata(e) {
		m, err = findMetadata(e.raw)
		if !errors.Is(err, errIrregular) {
			return e.raw, m, err
		}
	}
	if raw, err = c.canonical(e); err != nil {
		return nil, m, err
	}
	m, err = findMetadata(raw)
	return raw, m, err
}

// AppendMetadataJSON implements resource.Codec.
func (c *Builtin) AppendMetadataJSON(dst, stored []byte, revision int64, version string) ([]byte, error) {
	m, err := c.metadataOf(stored)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	start := len(dst)
	dst = appendPartialHead(dst, version)
	out, err := transcode(dst, objectMeta, m.content, revision, stamped)
	if errors.Is(err, errIrregular) {
		meta := &metav1.ObjectMeta{}
		if err = unmarshalMessage(m.content, meta); err == nil {
			var again []byte
			if again, err = AppendProtobufMessage(nil, meta); err == nil {
				out, err = transcode(dst, objectMeta, again, revision, stamped)
			}
		}
	}
	if err != nil {
		return dst[:start], fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	return append(out, '}'), nil
}

// AppendMetadataProtobuf implements resource.Codec.
func (c *Builtin) AppendMetadataProtobuf(dst, stored []byte, revision int64, version string, item bool) ([]byte, error) {
	m, err := c.metadataOf(stored)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	digits := appendRevision(nil, revision)
	if item {
		return m.field(dst, digits), nil
	}
	dst = appendEnvelope(dst, metav1.GroupName+"/"+version, partialKind, m.fieldSize(digits))
	return append(m.field(dst, digits), envelopeTail...), nil
}

// AppendMetadataJSON implements resource.Codec. The metadata goes through a struct, which orders its fields.
func (c *Unstructured) AppendMetadataJSON(dst, stored []byte, revision int64, version string) ([]byte, error) {
	meta, err := c.objectMetaOf(stored, revision)
	if err != nil {
		return dst, err
	}
	b, err := json.Marshal(meta)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	return append(append(appendPartialHead(dst, version), b...), '}'), nil
}

// AppendMetadataProtobuf implements resource.Codec.
func (c *Unstructured) AppendMetadataProtobuf(dst, stored []byte, revision int64, version string, item bool) ([]byte, error) {
	meta, err := c.objectMetaOf(stored, revision)
	if err != nil {
		return dst, err
	}
	partial := &metav1.PartialObjectMetadata{ObjectMeta: *meta}
	if item {
		return AppendProtobufMessage(dst, partial)
	}
	partial.SetGroupVersionKind(schema.GroupVersionKind{Group: metav1.GroupName, Version: version, Kind: partialKind})
	b, err := MarshalProtobuf(partial)
	return append(dst, b...), err
}

// listMetaField appends the metadata field of a list.
func listMetaField(dst []byte, meta *metav1.ListMeta) ([]byte, error) {
	b, err := AppendProtobufMessage(nil, meta)
	if err != nil {
		return dst, err
	}
	dst = append(dst, metadataNumber<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...), nil
}

package codec

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// AppendObject appends an object that is not stored (a Status, a review, a scale) in the wanted format. An object
// without apiVersion and kind shows those of its Go type. It is not changed.
func AppendObject(dst []byte, o runtime.Object, out Output) ([]byte, error) {
	if o.GetObjectKind().GroupVersionKind().Empty() {
		if p, _, err := planOf(o); err == nil && p.message.Kind != "" {
			o = o.DeepCopyObject()
			o.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(p.message.APIVersion, p.message.Kind))
		}
	}
	if out.Format == Protobuf {
		b, err := MarshalProtobuf(o)
		if err != nil {
			return dst, notMarshalable(err.Error())
		}
		return append(dst, b...), nil
	}
	b, err := json.Marshal(o)
	if err != nil {
		return dst, fmt.Errorf("%T: %w", o, err)
	}
	return finish(dst, b, out)
}

// AppendStored appends a stored object as a whole answer: itself or its metadata, as the client wants. Tables are made
// with Table.
func AppendStored(dst []byte, c resource.Codec, stored []byte, revision int64, out Output) ([]byte, error) {
	if out.Format == Protobuf {
		return appendItemProtobuf(dst, c, stored, revision, out, false)
	}
	if out.Format == JSON && !out.Pretty {
		dst, err := appendItemJSON(dst, c, stored, revision, out, false)
		if err != nil {
			return dst, err
		}
		return append(dst, '\n'), nil
	}
	b, err := appendItemJSON(nil, c, stored, revision, out, false)
	if err != nil {
		return dst, err
	}
	return finish(dst, b, out)
}

func appendItemJSON(dst []byte, c resource.Codec, stored []byte, revision int64, out Output, item bool) ([]byte, error) {
	if !out.IsMetadata() {
		return c.AppendJSON(dst, stored, revision, item)
	}
	return c.AppendMetadataJSON(dst, stored, revision, out.As.Version)
}

func appendItemProtobuf(dst []byte, c resource.Codec, stored []byte, revision int64, out Output, item bool) ([]byte, error) {
	if !out.IsMetadata() {
		return c.AppendProtobuf(dst, stored, revision, item)
	}
	return c.AppendMetadataProtobuf(dst, stored, revision, out.As.Version, item)
}

// finish appends compact JSON in the wanted text format. Only compact JSON ends with a line break of its own; YAML
// always does.
func finish(dst, compact []byte, out Output) ([]byte, error) {
	compact = bytes.TrimSuffix(compact, []byte("\n"))
	switch {
	case out.Format == YAML:
		b, err := yaml.JSONToYAML(compact)
		if err != nil {
			return dst, fmt.Errorf("to YAML: %w", err)
		}
		return append(dst, b...), nil
	case out.Pretty:
		b := bytes.NewBuffer(dst)
		if err := json.Indent(b, compact, "", "  "); err != nil {
			return dst, fmt.Errorf("to indented JSON: %w", err)
		}
		return b.Bytes(), nil
	}
	return append(append(dst, compact...), '\n'), nil
}

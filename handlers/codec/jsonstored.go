package codec

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// open is openEnvelope for what may also lie in the store as JSON, because it always does or because the original was
// told to store JSON: that is brought into its envelope first. The first result is what the envelope aliases.
func (c *Builtin) open(stored []byte) ([]byte, envelope, error) {
	if !IsProtobuf(stored) && bytes.HasPrefix(bytes.TrimLeft(stored, " \t\r\n"), []byte("{")) {
		var err error
		if stored, err = c.enveloped(stored); err != nil {
			return nil, envelope{}, err
		}
	}
	e, err := openEnvelope(stored)
	return stored, e, err
}

func (c *Builtin) enveloped(text []byte) ([]byte, error) {
	gvk, _, err := interpret(text)
	if err != nil {
		return nil, err
	}
	if gvk == c.storage && c.unserved != nil {
		o := c.unserved()
		if err := UnmarshalJSON(text, o); err != nil {
			return nil, err
		}
		served, err := c.from[gvk](o)
		if err != nil {
			return nil, fmt.Errorf("from %v: %w", gvk, err)
		}
		return marshalAs(served, c.apiVersion, c.kind)
	}
	empty := resources.Kinds[gvk]
	if empty == nil {
		return nil, fmt.Errorf("it is stored as %v, which is not readable", gvk)
	}
	o, ok := empty().(object.Object)
	if !ok {
		return nil, fmt.Errorf("it is stored as %v, which has no metadata", gvk)
	}
	if err := UnmarshalJSON(text, o); err != nil {
		return nil, err
	}
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	return marshalAs(o, apiVersion, kind)
}

// marshalJSON is the object as the original's serializer writes it: in one line that is ended.
func marshalJSON(o runtime.Object, apiVersion, kind string) ([]byte, error) {
	was := o.GetObjectKind().GroupVersionKind()
	o.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(apiVersion, kind))
	defer o.GetObjectKind().SetGroupVersionKind(was)
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

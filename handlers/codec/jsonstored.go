package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// encrypted opens every value that upstream's encryption at rest has written.
var encrypted = []byte("k8s:enc:")

var errEncrypted = errors.New("identity transformer tried to read encrypted data")

// open is openEnvelope for what may also lie in the store as text, because it always does or because upstream was told
// to store text: that is brought into its envelope first. The first result is what the envelope aliases.
func (c *Builtin) open(stored []byte) ([]byte, envelope, error) {
	if !IsProtobuf(stored) {
		if bytes.HasPrefix(stored, encrypted) {
			return nil, envelope{}, errEncrypted
		}
		if text := storedText(stored); text != nil {
			var err error
			if stored, err = c.enveloped(text); err != nil {
				return nil, envelope{}, err
			}
		}
	}
	e, err := openEnvelope(stored)
	return stored, e, err
}

// storedText is JSON of an object that is stored as JSON or YAML; nil for what is neither.
func storedText(stored []byte) []byte {
	if bytes.HasPrefix(bytes.TrimLeft(stored, " \t\r\n"), []byte("{")) {
		return stored
	}
	if text, err := yaml.YAMLToJSON(stored); err == nil && bytes.HasPrefix(text, []byte("{")) {
		return text
	}
	return nil
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

// marshalJSON is the object as upstream's serializer writes it: in one line that is ended.
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

package codec

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	gatehouse "github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// quantityBodies are JSON texts, from the inside out, in which each field of type Quantity below t has the value %s. Types
// that contain themselves are followed once.
func quantityBodies(t reflect.Type, inside map[reflect.Type]bool) (out []string) {
	if t == reflect.TypeFor[resource.Quantity]() {
		return []string{`%s`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return quantityBodies(t.Elem(), inside)
	case reflect.Slice:
		for _, b := range quantityBodies(t.Elem(), inside) {
			out = append(out, "["+b+"]")
		}
	case reflect.Map:
		for _, b := range quantityBodies(t.Elem(), inside) {
			out = append(out, `{"cpu":`+b+"}")
		}
	case reflect.Struct:
		if inside[t] {
			return nil
		}
		inside[t] = true
		defer delete(inside, t)
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "" {
				continue
			}
			for _, b := range quantityBodies(f.Type, inside) {
				out = append(out, `{"`+name+`":`+b+"}")
			}
		}
	}
	return out
}

// A quantity that the library would compute for minutes is refused before it, in every field of every kind and every format of
// bodies. This test takes for ever where it is not.
func TestHugeQuantities(t *testing.T) {
	const good, huge = `"12345678901"`, `"1e214748364"`
	fields := 0
	for gvk, empty := range resources.Kinds {
		for _, form := range quantityBodies(reflect.TypeOf(empty()), map[reflect.Type]bool{}) {
			fields++
			text := fmt.Appendf(nil, form, huge)
			o := empty()
			if err := UnmarshalJSON(fmt.Appendf(nil, form, good), o); err != nil {
				t.Errorf("%v %s: %v", gvk, form, err)
				continue
			}
			message, err := AppendProtobufMessage(nil, o)
			if err != nil {
				t.Errorf("%v %s: %v", gvk, form, err)
				continue
			}
			// Of equal length, so that the text may be exchanged in place.
			spoiled := bytes.ReplaceAll(message, []byte(strings.Trim(good, `"`)), []byte(strings.Trim(huge, `"`)))
			if bytes.Equal(spoiled, message) {
				t.Errorf("%v %s: the quantity is not in its protobuf", gvk, form)
			}
			asYAML, err := yaml.JSONToYAML(text)
			if err != nil {
				t.Fatal(err)
			}
			unknown := append(bytes.TrimSuffix(bytes.Clone(text), []byte("}")), `,"unknown":1}`...)
			for name, b := range map[string]Body{
				"JSON": {Format: JSON, Data: text}, "YAML": {Format: YAML, Data: asYAML},
				"slow JSON": {Format: JSON, Data: unknown}, "unchecked JSON": {Format: JSON, Data: unknown, Validation: "Ignore"},
				"numbers":  {Format: JSON, Data: bytes.ReplaceAll(text, []byte(huge), []byte(strings.Trim(huge, `"`)))},
				"protobuf": {Format: Protobuf, Data: append(appendEnvelope(nil, gvk.GroupVersion().String(), gvk.Kind, len(spoiled)), spoiled...)},
			} {
				b.Kind = gvk
				if _, err := b.Decode(empty()); err == nil || !strings.Contains(err.Error(), "unable to parse quantity's suffix") {
					t.Errorf("%v %s as %s: %v", gvk, form, name, err)
				}
			}
			b := Body{Format: JSON, Data: text, Kind: gvk}
			said := bytes.Replace(text, []byte("{"), fmt.Appendf(nil, `{"apiVersion":%q,`, gvk.GroupVersion()), 1)
			if _, err := b.decodePatched(gatehouse.Patched{Text: said}, empty()); err == nil {
				t.Errorf("%v %s, patched, is accepted", gvk, form)
			}
		}
	}
	if fields < 500 {
		t.Errorf("only %d fields were found", fields)
	}
}

// Another server has stored such a quantity. It is shown as it is, since one object must not spoil the lists that it is in.
func TestHugeQuantityStored(t *testing.T) {
	pod := resources.Kinds[schema.GroupVersionKind{Version: "v1", Kind: "Pod"}]()
	if err := UnmarshalJSON([]byte(`{"spec":{"overhead":{"cpu":"12345678901"}}}`), pod); err != nil {
		t.Fatal(err)
	}
	message, err := AppendProtobufMessage(nil, pod)
	if err != nil {
		t.Fatal(err)
	}
	message = bytes.ReplaceAll(message, []byte("12345678901"), []byte("1e214748364"))
	p, _, err := planOf(pod)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := transcode(nil, p.message, message, 0, 0); err != nil || !bytes.Contains(text, []byte(`"overhead":{"cpu":"1e214748364"}`)) {
		t.Errorf("%s, %v", text, err)
	}
}

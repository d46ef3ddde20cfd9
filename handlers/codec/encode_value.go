package codec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

func (f *planField) isMap() bool  { return f.Flags&schema.Map != 0 }
func (f *planField) isList() bool { return f.Flags&schema.Repeated != 0 }

// value writes one value with its tag. Values without pointer are written even when they are zero; bytes that are nil
// are not.
func (e *encoder) value(number uint64, f *planField, v reflect.Value) error {
	switch f.Kind {
	case schema.Struct:
		return e.message(number, f.element, v)
	case schema.String:
		e.string(number, v.String())
	case schema.Int32, schema.Int64:
		e.integer(number, v.Int())
	case schema.Bool:
		n := int64(0)
		if v.Bool() {
			n = 1
		}
		e.integer(number, n)
	case schema.Double:
		e.double(number, v.Float())
	case schema.Bytes:
		if !v.IsNil() {
			e.bytes(number, v.Bytes())
		}
	case schema.Strings:
		e.strings(number, f, v)
	default:
		return e.special(number, f, v)
	}
	return nil
}

// message writes a message of its own. What is nested too deeply to be read again is not written.
func (e *encoder) message(number uint64, p *plan, v reflect.Value) error {
	if e.depth++; e.depth >= maxDepth {
		return errDepth
	}
	began := e.length()
	if err := e.nodes(p.nodes, v); err != nil {
		return err
	}
	e.end(number, began)
	e.depth--
	return nil
}

// strings writes a list that is wrapped in a message.
func (e *encoder) strings(number uint64, f *planField, v reflect.Value) {
	if v.IsNil() && !f.isMap() {
		return
	}
	began := e.length()
	for i := v.Len() - 1; i >= 0; i-- {
		e.string(1, v.Index(i).String())
	}
	e.end(number, began)
}

// special writes the types of apimachinery that have a wire form of their own. v is addressable.
func (e *encoder) special(number uint64, f *planField, v reflect.Value) error {
	began := e.length()
	switch x := v.Addr().Interface().(type) {
	case *resource.Quantity:
		e.string(1, x.String())
	case *metav1.Time:
		if !x.IsZero() {
			e.integer(2, 0)
			e.integer(1, x.Unix())
		}
	case *metav1.MicroTime:
		if !x.IsZero() {
			e.integer(2, int64(time.Duration(x.Nanosecond()).Truncate(time.Microsecond)))
			e.integer(1, x.Unix())
		}
	case *intstr.IntOrString:
		e.string(3, x.StrVal)
		e.integer(2, int64(x.IntVal))
		e.integer(1, int64(x.Type))
	case *metav1.FieldsV1:
		if x.Raw != nil {
			e.bytes(1, x.Raw)
		}
	case *runtime.RawExtension:
		raw := x.Raw
		if raw == nil && x.Object != nil {
			var err error
			if raw, err = json.Marshal(x.Object); err != nil {
				return err
			}
		}
		if raw != nil {
			e.bytes(1, raw)
		}
	case *json.RawMessage:
		if err := e.union(f.Kind, *x); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no wire form for %v", v.Type())
	}
	e.end(number, began)
	return nil
}

// union writes the content of a JSON value, or of a union of a schema with something else.
func (e *encoder) union(kind schema.Kind, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		if kind == schema.SchemaOrBool {
			e.integer(1, 0)
		}
		return nil
	}
	switch {
	case kind == schema.AnyJSON:
		e.bytes(1, raw)
	case raw[0] == '{':
		var props apiextensionsv1.JSONSchemaProps
		if err := unmarshal(raw, &props); err != nil {
			return err
		}
		if kind != schema.SchemaOrBool {
			return e.schema(1, &props)
		}
		if err := e.schema(2, &props); err != nil {
			return err
		}
		e.integer(1, 1)
	case raw[0] == '[' && kind == schema.SchemaOrArray:
		var list []apiextensionsv1.JSONSchemaProps
		if err := unmarshal(raw, &list); err != nil {
			return err
		}
		for i := len(list) - 1; i >= 0; i-- {
			if err := e.schema(2, &list[i]); err != nil {
				return err
			}
		}
	case raw[0] == '[' && kind == schema.SchemaOrStrings:
		var list []string
		if err := unmarshal(raw, &list); err != nil {
			return err
		}
		for i := len(list) - 1; i >= 0; i-- {
			e.string(2, list[i])
		}
	case kind == schema.SchemaOrBool && string(raw) == "true":
		e.integer(1, 1)
	case kind == schema.SchemaOrBool && string(raw) == "false":
		e.integer(1, 0)
	case kind == schema.SchemaOrBool:
		return fmt.Errorf("boolean or JSON schema expected")
	}
	return nil
}

func (e *encoder) schema(number uint64, props *apiextensionsv1.JSONSchemaProps) error {
	p, v, err := planOf(props)
	if err != nil {
		return err
	}
	return e.message(number, p, v)
}

package validation

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

const generatedTypes = "github.com/gatehouse-dev/gatehouse/gen/types/"

// shown is a value as it stands in a message. Upstream shows structures in its internal form: Go's names of the fields,
// all of them, in their order.
func shown(v reflect.Value) any {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || !strings.HasPrefix(v.Type().PkgPath(), generatedTypes) {
		return v.Interface()
	}
	var b bytes.Buffer
	if err := show(&b, v); err != nil {
		return v.Interface() // in the words of the API, then
	}
	return rawValue{b.String()}
}

// rawValue is JSON that is ready.
type rawValue struct{ text string }

func (r rawValue) MarshalJSON() ([]byte, error) { return []byte(r.text), nil }

func show(b *bytes.Buffer, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return show(b, v.Elem())
	case v.Kind() == reflect.Struct && strings.HasPrefix(v.Type().PkgPath(), generatedTypes):
		return showStruct(b, v)
	case v.Kind() == reflect.Slice && !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := show(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	text, err := json.Marshal(v.Interface())
	b.Write(text)
	return err
}

// showStruct writes the fields of embedded metadata among those of the struct, without the empty ones.
func showStruct(b *bytes.Buffer, v reflect.Value) error {
	b.WriteByte('{')
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			text, err := json.Marshal(v.Field(i).Interface())
			if err != nil {
				return err
			}
			if inner := bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("{")), []byte("}")); len(inner) > 0 {
				separate(b)
				b.Write(inner)
			}
			continue
		}
		separate(b)
		b.WriteString(`"` + f.Name + `":`)
		if err := show(b, v.Field(i)); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// separate puts a comma unless an object has just begun.
func separate(b *bytes.Buffer) {
	if text := b.Bytes(); text[len(text)-1] != '{' {
		b.WriteByte(',')
	}
}

package codec

import (
	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// schemaProps is the message that the unions of schemas contain.
var schemaProps = schema.ByName("apiextensions/v1.JSONSchemaProps")

// union appends a value that is a schema or something else: true and false, a list of schemas, a list of names.
func (t *transcoder) union(kind schema.Kind, b []byte) error {
	one, many := uint64(1), uint64(2)
	if kind == schema.SchemaOrBool {
		one, many = 2, 1
	}
	var props []byte
	var found, allows bool
	listed := 0
	for i := 0; i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		switch {
		case number == one && wire == wireBytes:
			if found {
				return errIrregular
			}
			props, found = b[from:to], true
		case number == many && kind == schema.SchemaOrBool && wire == wireVarint:
			allows = uvarint(b[from:to]) != 0
		case number == many && kind != schema.SchemaOrBool && wire == wireBytes:
			listed++
		}
		i = to
	}
	switch {
	case listed > 0 && kind == schema.SchemaOrStrings:
		return t.strings(b, many)
	case listed > 0:
		return t.schemas(b, many)
	case found:
		return t.message(schemaProps, props, 0)
	case kind != schema.SchemaOrBool:
		t.out = append(t.out, "null"...)
	case allows:
		t.out = append(t.out, "true"...)
	default:
		t.out = append(t.out, "false"...)
	}
	return nil
}

// schemas appends the schemas with the given number as a list.
func (t *transcoder) schemas(b []byte, wanted uint64) error {
	open := byte('[')
	for i := 0; i < len(b); {
		number, _, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if number == wanted {
			t.out = append(t.out, open)
			open = ','
			if err := t.message(schemaProps, b[from:to], 0); err != nil {
				return err
			}
		}
		i = to
	}
	t.out = append(t.out, ']')
	return nil
}

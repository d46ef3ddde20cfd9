package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// describedPlain are plain members as a document, with words.
func (o *OpenAPI) describedPlain(m resource.Members) (object, error) {
	text := slices.Concat([]byte(`{"paths":{`), m.Paths, []byte(`},"components":{"schemas":{`), m.Schemas, []byte(`}}}`))
	var d object
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber() // the bounds of int64 are no float64
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("members of a document: %w", err)
	}
	o.describe.document(d)
	return d, nil
}

// describedMembers are plain members with words.
func (o *OpenAPI) describedMembers(m resource.Members) (resource.Members, error) {
	d, err := o.describedPlain(m)
	if err != nil {
		return m, err
	}
	if m.Paths, err = innerOf(d["paths"]); err != nil {
		return m, err
	}
	m.Schemas, err = innerOf(child(child(d, "components"), "schemas"))
	return m, err
}

// olderMembers are plain members in the form of v2, with words. Their parameters are shared with those of the built-in resources,
// which are the same.
func (o *OpenAPI) olderMembers(m resource.Members) (resource.Members, error) {
	d, err := o.describedPlain(m)
	if err != nil {
		return m, err
	}
	old := &mergedV2{map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]map[string]json.RawMessage{}}
	if err = old.add(d); err == nil {
		err = old.putKinds()
	}
	if err != nil {
		return m, err
	}
	if m.Paths, err = innerOf(old.paths); err != nil {
		return m, err
	}
	m.Schemas, err = innerOf(old.definitions)
	return m, err
}

// innerOf is an object as JSON without its braces.
func innerOf(x any) ([]byte, error) {
	b, err := encodeDocument(x)
	if err != nil || len(b) < 2 {
		return nil, err
	}
	return b[1 : len(b)-1], nil
}

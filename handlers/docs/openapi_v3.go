package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object of a document.
type object = map[string]any

// makeV3 is the published document of a path: its source with descriptions.
func (o *OpenAPI) makeV3(path string) ([]byte, error) {
	d, err := o.described(path)
	if err != nil {
		return nil, err
	}
	return encodeDocument(d)
}

func (o *OpenAPI) described(path string) (object, error) {
	source, err := o.documents.Document(path)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document %s: %w", path, err)
	}
	var d object
	in := json.NewDecoder(bytes.NewReader(source))
	in.UseNumber() // the bounds of int64 are no float64
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("OpenAPI document %s: %w", path, err)
	}
	o.describe.document(d)
	return d, nil
}

func encodeDocument(x any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return nil, fmt.Errorf("encode OpenAPI document: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// child is a member that is an object; nil when it is not.
func child(o object, name string) object {
	c, _ := o[name].(object)
	return c
}

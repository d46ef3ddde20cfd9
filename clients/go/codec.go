package kube

import (
	"encoding/json"
	"fmt"
	"reflect"

	kjson "sigs.k8s.io/json"
)

// Decode reads JSON into an object as the client does: what the type does not know is kept.
func Decode(data []byte, into any) error { return decode(data, into) }

// Encode writes an object as the client does, with what its type does not know.
func Encode(object any) ([]byte, error) { return encode(object) }

// decode reads JSON into an object. Names are case-sensitive, as the server's are. What the type does not know is kept in the
// Unknown fields; looking for it costs a second reading, which only happens when there is something.
func decode(data []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(data, into, kjson.DisallowUnknownFields)
	if err != nil {
		return err
	}
	if len(strict) == 0 {
		return nil
	}
	var tree any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &tree); err != nil {
		return err
	}
	collect(reflect.ValueOf(into), tree)
	return nil
}

// encode writes an object as JSON, with what its type does not know.
func encode(object any) ([]byte, error) {
	switch raw := object.(type) {
	case nil:
		return nil, nil
	case []byte:
		return raw, nil
	case json.RawMessage:
		return raw, nil
	case string:
		return []byte(raw), nil
	}
	data, err := json.Marshal(object)
	if err != nil || !hasUnknown(reflect.ValueOf(object)) {
		return data, err
	}
	var tree any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &tree); err != nil {
		return nil, err
	}
	restore(reflect.ValueOf(object), tree)
	return json.Marshal(tree)
}

// encodeKind writes an object that is sent as itself: one that does not say what it is is said to be of the row's kind.
func encodeKind(object any, row *Row) ([]byte, error) {
	data, err := encode(object)
	if err != nil {
		return nil, err
	}
	var said struct {
		Kind       *string `json:"kind"`
		APIVersion *string `json:"apiVersion"`
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return nil, fmt.Errorf("%s: %w", row.Resource, err)
	}
	head := ""
	if said.Kind == nil {
		head += fmt.Sprintf(`"kind":%q,`, row.Kind)
	}
	if said.APIVersion == nil {
		head += fmt.Sprintf(`"apiVersion":%q,`, row.apiVersion())
	}
	if head == "" {
		return data, nil
	}
	for i, b := range data {
		if b == '{' {
			rest := data[i+1:]
			if isEmptyObject(rest) {
				head = head[:len(head)-1]
			}
			return append([]byte("{"+head), rest...), nil
		}
	}
	return nil, fmt.Errorf("%s: not a JSON object", row.Resource)
}

// isEmptyObject says whether nothing but the end follows the beginning of an object.
func isEmptyObject(rest []byte) bool {
	for _, b := range rest {
		switch b {
		case ' ', '\t', '\r', '\n':
		default:
			return b == '}'
		}
	}
	return true
}

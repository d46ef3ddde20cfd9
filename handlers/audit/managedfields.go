package audit

import (
	"bytes"
	"encoding/json"
	"errors"
)

var errNotJSON = errors.New("it is not JSON")

// withoutManagedFields removes metadata.managedFields from an object, the items of a list and the rows of a table.
func withoutManagedFields(b []byte) ([]byte, error) {
	if !bytes.Contains(b, []byte(`"managedFields"`)) {
		return b, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // large numbers stay what they are
	var o map[string]any
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	strip(o)
	for _, key := range []string{"items", "rows"} {
		list, _ := o[key].([]any)
		for _, item := range list {
			m, _ := item.(map[string]any)
			strip(m)
			inner, _ := m["object"].(map[string]any)
			strip(inner)
		}
	}
	return json.Marshal(o)
}

func strip(o map[string]any) {
	if meta, ok := o["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
	}
}

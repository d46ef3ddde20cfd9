package spec

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode is node.Decode that refuses keys for which the target has no field. The decoder's own KnownFields works on whole
// documents only and is lost in every UnmarshalYAML, which is where rows are read.
func decode(n *yaml.Node, out any) error {
	if err := unknownKeys(n, reflect.TypeOf(out).Elem()); err != nil {
		return err
	}
	return n.Decode(out)
}

// unknownKeys reports keys of a mapping, and of the structs below, that a struct type has no field for. Types that decode
// themselves look after their own keys.
func unknownKeys(n *yaml.Node, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if t.Kind() != reflect.Struct || n.Kind != yaml.MappingNode || t == reflect.TypeFor[yaml.Node]() || reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = f.Type
	}
	var faults []error
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		f, ok := fields[key.Value]
		if !ok || key.Value == "-" {
			faults = append(faults, fmt.Errorf("line %d: unknown key %q", key.Line, key.Value))
			continue
		}
		faults = append(faults, unknownKeys(n.Content[i+1], f))
	}
	return errors.Join(faults...)
}

package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func (s scope) apply(ctx context.Context, object any, below string, into any, opts []Option) error {
	body, err := applied(object, s.row)
	if err != nil {
		return err
	}
	var said struct {
		Metadata struct{ Name, Namespace string } `json:"metadata"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return fmt.Errorf("apply %s: %w", s.row.Resource, err)
	}
	if s.namespace == "" {
		s.namespace = said.Metadata.Namespace
	}
	path, err := s.path(said.Metadata.Name, segments(below)...)
	if err != nil {
		return err
	}
	return s.write(ctx, request{method: http.MethodPatch, path: path, contentType: string(types.ApplyPatchType), body: body}, optionsOf(opts), into)
}

// applied is the JSON of what is applied. Everything in it will be owned, so structs that a type cannot leave out and that have
// nothing in them are.
func applied(object any, row *Row) ([]byte, error) {
	switch raw := object.(type) {
	case string:
		object = []byte(raw)
	case json.RawMessage:
		object = []byte(raw)
	}
	if raw, ok := object.([]byte); ok && !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		converted, err := yaml.YAMLToJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("apply %s: %w", row.Resource, err)
		}
		object = converted
	}
	data, err := encodeKind(object, row)
	if err != nil {
		return nil, err
	}
	v := reflect.ValueOf(object)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || opaque(v.Type()) {
		return data, nil
	}
	var tree any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &tree); err != nil {
		return nil, err
	}
	prune(v.Elem(), tree)
	return json.Marshal(tree)
}

// prune removes from the JSON of a value the empty structs that are tagged to be left out.
func prune(v reflect.Value, tree any) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			prune(v.Elem(), tree)
		}
	case reflect.Slice:
		list, _ := tree.([]any)
		for i := range min(v.Len(), len(list)) {
			prune(v.Index(i), list[i])
		}
	case reflect.Map:
		if object, ok := tree.(map[string]any); ok && v.Type().Key().Kind() == reflect.String {
			for i := v.MapRange(); i.Next(); {
				prune(i.Value(), object[i.Key().String()])
			}
		}
	case reflect.Struct:
		if object, ok := tree.(map[string]any); ok && !opaque(v.Type()) {
			pruneStruct(v, object)
		}
	}
}

func pruneStruct(v reflect.Value, object map[string]any) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, how, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			pruneStruct(v.Field(i), object)
			continue
		}
		value, present := object[name]
		if !present {
			continue
		}
		if f.Type.Kind() == reflect.Struct && strings.Contains(how, "omitempty") && v.Field(i).IsZero() {
			delete(object, name)
			continue
		}
		prune(v.Field(i), value)
	}
}

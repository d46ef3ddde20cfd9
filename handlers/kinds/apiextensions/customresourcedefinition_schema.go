package apiextensions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
)

type schemaProps = apiextensionsv1.JSONSchemaProps

// tidySchema brings what is kept as text within a schema into the order in which upstream writes it: schemas in that of
// their fields, free values in that of their keys. It changes s and no value that s shares with others.
func tidySchema(s *schemaProps) error {
	if s.Not != nil {
		s.Not = s.Not.DeepCopy()
		if err := tidySchema(s.Not); err != nil {
			return err
		}
	}
	for _, list := range []*[]schemaProps{&s.AllOf, &s.OneOf, &s.AnyOf} {
		*list = slices.Clone(*list)
		for i := range *list {
			if err := tidySchema(&(*list)[i]); err != nil {
				return err
			}
		}
	}
	for _, byName := range []*map[string]schemaProps{&s.Properties, &s.PatternProperties, &s.Definitions} {
		*byName = maps.Clone(*byName)
		for name, of := range *byName {
			if err := tidySchema(&of); err != nil {
				return err
			}
			(*byName)[name] = of
		}
	}
	var err error
	raw := func(text json.RawMessage, tidy func([]byte) ([]byte, error)) json.RawMessage {
		if len(text) == 0 || err != nil {
			return text
		}
		var out []byte
		out, err = tidy(text)
		return out
	}
	// Items that are neither a schema nor a list of schemas are none.
	if s.Items != nil {
		if text := bytes.TrimSpace(*s.Items); len(text) > 0 && text[0] != '{' && (text[0] != '[' || len(bytes.TrimSpace(text[1:len(text)-1])) == 0) {
			s.Items = nil
		}
	}
	for _, p := range []**json.RawMessage{&s.Items, &s.AdditionalProperties, &s.AdditionalItems} {
		if *p != nil {
			out := raw(**p, tidyUnion)
			*p = &out
		}
	}
	s.Dependencies = maps.Clone(s.Dependencies)
	for name, of := range s.Dependencies {
		s.Dependencies[name] = raw(of, tidyUnion)
	}
	for _, p := range []**apiextensionsv1.JSON{&s.Default, &s.Example} {
		if *p != nil {
			out := raw(**p, tidyValue)
			*p = &out
		}
	}
	s.Enum = slices.Clone(s.Enum) // an empty list is not an absent one
	for i := range s.Enum {
		s.Enum[i] = raw(s.Enum[i], tidyValue)
	}
	return err
}

// tidyUnion is for what is a schema, a list of schemas or something simple.
func tidyUnion(text []byte) ([]byte, error) {
	switch text = bytes.TrimSpace(text); text[0] {
	case '{':
		var s schemaProps
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		if err := tidySchema(&s); err != nil {
			return nil, err
		}
		return json.Marshal(s)
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, fmt.Errorf("list of schemas: %w", err)
		}
		for i := range list {
			var err error
			if list[i], err = tidyUnion(list[i]); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	}
	return text, nil
}

func tidyValue(text []byte) ([]byte, error) {
	var v any
	if err := utiljson.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("value in a schema: %w", err)
	}
	return json.Marshal(v)
}

package apiextensions

import (
	"encoding/json"
	"fmt"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	upstreamv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
)

// The version-less types of upstream's schema libraries. Definitions are judged in them, so that the paths of faults are those
// that clients know: what all versions have in common stands once, beside the versions.
type (
	hubDefinition = upstream.CustomResourceDefinition
	hubSpec       = upstream.CustomResourceDefinitionSpec
	hubSchema     = upstream.JSONSchemaProps
)

// hub makes a version-less definition.
func hub(o *apiextensionsv1.CustomResourceDefinition) (*hubDefinition, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	var served upstreamv1.CustomResourceDefinition
	if err := json.Unmarshal(text, &served); err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	out := &hubDefinition{}
	if err := upstreamv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&served, out, nil); err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	return out, nil
}

// eachSchema visits the schemas of all versions, until one is found; it says whether one was.
func eachSchema(s *hubSpec, found func(*hubSchema) bool) bool {
	if s.Validation != nil && s.Validation.OpenAPIV3Schema != nil && found(s.Validation.OpenAPIV3Schema) {
		return true
	}
	for i := range s.Versions {
		if v := s.Versions[i].Schema; v != nil && v.OpenAPIV3Schema != nil && found(v.OpenAPIV3Schema) {
			return true
		}
	}
	return false
}

// anywhere visits a schema and all within it, until one is found.
func anywhere(s *hubSchema, found func(*hubSchema) bool) bool {
	if s == nil {
		return false
	}
	if found(s) || anywhere(s.Not, found) {
		return true
	}
	if s.Items != nil && (anywhere(s.Items.Schema, found) || inList(s.Items.JSONSchemas, found)) {
		return true
	}
	for _, list := range [][]hubSchema{s.AllOf, s.AnyOf, s.OneOf} {
		if inList(list, found) {
			return true
		}
	}
	for _, byName := range []map[string]hubSchema{s.Properties, s.PatternProperties, s.Definitions} {
		for name := range byName {
			if of := byName[name]; anywhere(&of, found) {
				return true
			}
		}
	}
	if s.AdditionalProperties != nil && anywhere(s.AdditionalProperties.Schema, found) {
		return true
	}
	if s.AdditionalItems != nil && anywhere(s.AdditionalItems.Schema, found) {
		return true
	}
	for _, d := range s.Dependencies {
		if anywhere(d.Schema, found) {
			return true
		}
	}
	return false
}

func inList(list []hubSchema, found func(*hubSchema) bool) bool {
	for i := range list {
		if anywhere(&list[i], found) {
			return true
		}
	}
	return false
}

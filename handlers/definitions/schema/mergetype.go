package schema

import (
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/handlers/fields"
)

// newMergeType makes the merge schema of the version: that of its schema, with metadata and its kind put in.
func (s *Schema) newMergeType() (*typed.ParseableType, error) {
	j, err := s.judge.get()
	if err != nil {
		return nil, err
	}
	model := &spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}}}
	// A schema that is not structural says nothing here. Only definitions that came from v1beta1 have one.
	if j.structural != nil && (!s.PreserveUnknownFields || len(schema.ValidateStructural(nil, j.structural)) == 0) {
		model = j.structural.ToKubeOpenAPI()
		fields.AddObject(model)
		embedded(model)
	}
	t, err := fields.CustomType(s.Kind, model, s.PreserveUnknownFields)
	if err != nil {
		return nil, fmt.Errorf("merge schema of %v: %w", s.Kind, err)
	}
	return t, nil
}

// embedded gives embedded resources their metadata and kind.
func embedded(m *spec.Schema) {
	if m == nil {
		return
	}
	for name, p := range m.Properties {
		embedded(&p)
		m.Properties[name] = p
	}
	if m.Items != nil {
		embedded(m.Items.Schema)
	}
	if m.AdditionalProperties != nil {
		embedded(m.AdditionalProperties.Schema)
	}
	if is, ok := m.Extensions.GetBool("x-kubernetes-embedded-resource"); ok && is {
		fields.AddObject(m)
	}
}

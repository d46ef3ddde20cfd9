package apiextensions

import (
	"fmt"
	"maps"
	"slices"

	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/kube-openapi/pkg/validation/spec"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
)

// formatWarnings names the formats that nothing checks, and that old did not have.
func formatWarnings(o, old *apiextensionsv1.CustomResourceDefinition) (out []string) {
	if old != nil && equality.Semantic.DeepEqual(o.Spec, old.Spec) {
		return nil // whatever there is was there before
	}
	before := unknownFormats(old)
	for _, format := range slices.Sorted(maps.Keys(unknownFormats(o))) {
		if !before[format] {
			out = append(out, fmt.Sprintf("unrecognized format %q", format))
		}
	}
	return out
}

func unknownFormats(o *apiextensionsv1.CustomResourceDefinition) map[string]bool {
	if o == nil {
		return nil
	}
	d, err := hub(o)
	if err != nil {
		return nil // it was stored, so it can be read; else the write has failed
	}
	found, version := map[string]bool{}, environment.DefaultCompatibilityVersion()
	eachSchema(&d.Spec, func(s *hubSchema) bool {
		return anywhere(s, func(s *hubSchema) bool {
			of := &spec.Schema{SchemaProps: spec.SchemaProps{Format: s.Format, Type: []string{s.Type}}}
			for _, format := range schemavalidation.GetUnrecognizedFormats(of, version) {
				found[format] = true
			}
			return false
		})
	})
	return found
}

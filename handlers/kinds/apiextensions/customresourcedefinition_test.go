package apiextensions

import (
	"testing"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "customresourcedefinitions", Object: `{metadata: {name: a}, spec: {group: g.h, scope: Cluster,
			names: {plural: p, singular: p, kind: P, listKind: L}, versions: [{name: v1, storage: true, schema: {openAPIV3Schema: {type: object}}}]}, status: {storedVersions: [v1]}}`, Want: []string{
			`metadata.name: Invalid value: "a": must be spec.names.plural+"."+spec.group`}},
	})
}

func TestStoredVersions(t *testing.T) {
	o := &apiextensionsv1.CustomResourceDefinition{}
	o.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1"}, {Name: "v2", Storage: true}}
	s := kindtest.Hooks(t, Kinds, "v1", "customresourcedefinitions", "")
	for range 2 {
		if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), o, o); err != nil || len(o.Status.StoredVersions) != 1 || o.Status.StoredVersions[0] != "v2" {
			t.Errorf("%v %v", o.Status.StoredVersions, err)
		}
	}
}

// A format that nothing checks is told of once, by who brings it.
func TestFormats(t *testing.T) {
	s := kindtest.Hooks(t, Kinds, "v1", "customresourcedefinitions", "")
	of := func(format string) *apiextensionsv1.CustomResourceDefinition {
		return kindtest.Parse[apiextensionsv1.CustomResourceDefinition](t, `{spec: {versions: [{name: v1, schema: {openAPIV3Schema: {type: object, properties: {
			a: {type: string, format: date}, b: {type: array, items: {type: integer, format: int32}}, c: {type: array, items: {type: string, format: `+format+`}}}}}}]}}`)
	}
	kindtest.Warned(t, s, of("date-time"), nil)
	kindtest.Warned(t, s, of("foo"), nil, `unrecognized format "foo"`)
	kindtest.Warned(t, s, of("foo"), of("foo"))
	kindtest.Warned(t, s, of("bar"), of("foo"), `unrecognized format "bar"`)
}

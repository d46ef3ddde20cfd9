package fields

import (
	"fmt"

	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/validation/spec"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

const metadataModel = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

// AddObject gives the model of a resource that no generated code knows, or of one embedded in it, the fields that every object has.
func AddObject(m *spec.Schema) {
	m.SetProperty("apiVersion", *spec.StringProperty())
	m.SetProperty("kind", *spec.StringProperty())
	m.SetProperty("metadata", *spec.RefSchema("#/components/schemas/" + metadataModel))
}

// CustomType is the merge schema of such a resource, from its model. The metadata's is that of the tables.
func CustomType(kind kschema.GroupVersionKind, m *spec.Schema, preserveUnknown bool) (*typed.ParseableType, error) {
	name := kind.Group + "." + kind.Version + "." + kind.Kind
	s, err := schemaconv.ToSchemaFromOpenAPI(map[string]*spec.Schema{name: m}, preserveUnknown)
	if err != nil {
		return nil, err
	}
	meta := schema.ByName("meta/v1.ObjectMeta")
	if meta == nil || meta.Model != metadataModel {
		return nil, fmt.Errorf("no table describes %s", metadataModel)
	}
	b := &mergeBuilder{types: s, made: map[string]bool{}}
	b.message(meta)
	return &typed.ParseableType{Schema: s, TypeRef: smd.TypeRef{NamedType: &name}}, nil
}

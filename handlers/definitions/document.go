package definitions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	upstreamv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	openapiv2 "k8s.io/apiextensions-apiserver/pkg/controller/openapi/v2"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// document is what a version adds to the OpenAPI documents. It is made of the text in the store when it is asked for, and not kept
// here.
type document struct{ v *versioned }

const (
	refs      = "#/components/schemas/"
	metaModel = "io.k8s.apimachinery.pkg.apis.meta.v1."
	scaleName = "io.k8s.api.autoscaling.v1.Scale"
)

// Tag implements resource.Document.
func (d document) Tag() string {
	return fmt.Sprint(d.v.d.uid, "/", d.v.d.generation, "/", d.v.gvk, "/", d.v.d.names)
}

// V2 implements resource.Document.
func (d document) V2() (resource.Members, error) { return d.members(true) }

// V3 implements resource.Document.
func (d document) V3() (resource.Members, error) { return d.members(false) }

func (d document) members(old bool) (resource.Members, error) {
	v := d.v
	model, list := modelName(v.d.group, v.gvk.Version, v.gvk.Kind), modelName(v.d.group, v.gvk.Version, v.d.names.ListKind)
	schemas, err := json.Marshal(map[string]any{model: v.model(old), list: v.listModel(model)})
	if err != nil {
		return resource.Members{}, fmt.Errorf("document of %v: %w", v.gvk, err)
	}
	paths, err := json.Marshal(v.paths(model, list))
	if err != nil {
		return resource.Members{}, fmt.Errorf("document of %v: %w", v.gvk, err)
	}
	out := resource.Members{Paths: paths[1 : len(paths)-1], Schemas: schemas[1 : len(schemas)-1], Plain: true}
	for _, name := range []string{"ObjectMeta", "ListMeta", "DeleteOptions", "Status", "Patch"} {
		out.Shared = append(out.Shared, metaModel+name)
	}
	if s := v.spec.Subresources; s != nil && s.Scale != nil {
		out.Shared = append(out.Shared, scaleName)
	}
	return out, nil
}

// modelName is the name of a kind in documents: its group backwards, its version and itself.
func modelName(group, version, kind string) string {
	parts := strings.Split(group, ".")
	slices.Reverse(parts)
	return strings.Join(append(parts, version, kind), ".")
}

// structural is the schema of the version; nil without one, or where that is not structural. A definition that has just gone has
// none: its document is about to be forgotten.
func (v *versioned) structural() (s *structuralschema.Structural, preserves bool) {
	crd, err := v.d.m.whole(v.d.name)
	if err != nil {
		return nil, false
	}
	for i := range crd.Spec.Versions {
		if of := &crd.Spec.Versions[i]; of.Name == v.gvk.Version && of.Schema != nil && of.Schema.OpenAPIV3Schema != nil {
			text, err := json.Marshal(of.Schema.OpenAPIV3Schema)
			if err != nil {
				return nil, false
			}
			var published upstreamv1.JSONSchemaProps
			var internal upstream.JSONSchemaProps
			if json.Unmarshal(text, &published) != nil || upstreamv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&published, &internal, nil) != nil {
				return nil, false
			}
			if s, err = structuralschema.NewStructural(&internal); err != nil || len(structuralschema.ValidateStructural(nil, s)) > 0 {
				return nil, false
			}
		}
	}
	return s, crd.Spec.PreserveUnknownFields
}

// model is the schema of the kind. The older documents have less room: what clients cannot read in them is left out.
func (v *versioned) model(old bool) any {
	s, preserves := v.structural()
	out := &spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}}}
	if s != nil && !(old && (s.XPreserveUnknownFields || preserves)) {
		s = s.DeepCopy().Unfold()
		if old {
			s = openapiv2.ToStructuralOpenAPIV2(s)
		}
		out = s.ToKubeOpenAPI()
		addKind(out)
		embedded(out, old)
		if old {
			dropDefaults(out)
		}
	}
	out.AddExtension("x-kubernetes-group-version-kind", []any{v.kindOf(v.gvk.Kind)})
	if fields := v.selectableExtension(); fields != nil {
		out.AddExtension("x-kubernetes-selectable-fields", fields)
	}
	return plain(out)
}

func (v *versioned) kindOf(kind string) map[string]any {
	return map[string]any{"group": v.d.group, "version": v.gvk.Version, "kind": kind}
}

func (v *versioned) selectableExtension() (out []any) {
	for _, f := range v.spec.SelectableFields {
		out = append(out, map[string]any{"fieldPath": strings.TrimPrefix(f.JSONPath, ".")})
	}
	return out
}

// addKind gives an object its metadata and kind.
func addKind(s *spec.Schema) {
	s.SetProperty("apiVersion", *spec.StringProperty())
	s.SetProperty("kind", *spec.StringProperty())
	s.SetProperty("metadata", *spec.RefSchema(refs + metaModel + "ObjectMeta"))
}

// embedded completes resources within an object.
func embedded(s *spec.Schema, old bool) {
	if s == nil {
		return
	}
	for name, p := range s.Properties {
		embedded(&p, old)
		s.Properties[name] = p
	}
	if s.Items != nil {
		embedded(s.Items.Schema, old)
	}
	if s.AdditionalProperties != nil {
		embedded(s.AdditionalProperties.Schema, old)
	}
	if preserves, ok := s.Extensions.GetBool("x-kubernetes-preserve-unknown-fields"); ok && preserves && old {
		return
	}
	if is, ok := s.Extensions.GetBool("x-kubernetes-embedded-resource"); ok && is {
		addKind(s)
		for _, name := range []string{"kind", "apiVersion"} {
			if !slices.Contains(s.Required, name) {
				s.Required = append(s.Required, name)
			}
		}
	}
}

// dropDefaults: the older documents have none.
func dropDefaults(s *spec.Schema) {
	if s == nil {
		return
	}
	s.Default = nil
	for name, p := range s.Properties {
		dropDefaults(&p)
		s.Properties[name] = p
	}
	if s.Items != nil {
		dropDefaults(s.Items.Schema)
	}
	if s.AdditionalProperties != nil {
		dropDefaults(s.AdditionalProperties.Schema)
	}
}

// plain is a schema as JSON knows it.
func plain(s *spec.Schema) any {
	text, err := json.Marshal(s)
	if err != nil {
		return map[string]any{"type": "object"}
	}
	return json.RawMessage(bytes.TrimSpace(text))
}

func (v *versioned) listModel(model string) any {
	out := map[string]any{
		"description": fmt.Sprintf("%s is a list of %s", v.d.names.ListKind, v.gvk.Kind), "type": "object", "required": []string{"items"},
		"properties": map[string]any{
			"apiVersion": map[string]any{"type": "string"}, "kind": map[string]any{"type": "string"},
			"metadata": map[string]any{"$ref": refs + metaModel + "ListMeta"},
			"items":    map[string]any{"type": "array", "description": "The " + v.d.names.Plural + ".", "items": map[string]any{"$ref": refs + model}},
		},
		"x-kubernetes-group-version-kind": []any{v.kindOf(v.d.names.ListKind)},
	}
	if fields := v.selectableExtension(); fields != nil {
		out["x-kubernetes-selectable-fields"] = fields
	}
	return out
}

package apiextensions

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// rootFields may stand at the root of a schema beside a status subresource, whose schema is cut out of the root's properties.
var rootFields = []string{"Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength",
	"MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example",
	"XPreserveUnknownFields", "XValidations"}

// schemaOf judges the schema of a version, or that of all.
func schemaOf(ctx context.Context, v *upstream.CustomResourceValidation, status bool, opts options, path *field.Path) (errs field.ErrorList) {
	if v == nil {
		return nil
	}
	if s := v.OpenAPIV3Schema; s != nil {
		at := path.Child("openAPIV3Schema")
		if status {
			errs = append(errs, rootBesideStatus(s, at)...)
		}
		if s.Nullable {
			errs = append(errs, field.Forbidden(path.Child("openAPIV3Schema.nullable"), "nullable cannot be true at the root"))
		}
		var root *scope
		var form field.ErrorList
		if opts.structural {
			var found field.ErrorList
			if root, found, form = structure(ctx, s, opts, at); len(found) > 0 {
				errs = append(errs, found...)
			}
		}
		w := walk{ctx, &opts}
		schemas, rules := w.schema(s, at, place{defaults: true}, true, root)
		errs = append(errs, append(schemas, rules...)...)
		if len(errs) == 0 {
			errs = append(errs, form...)
		}
		errs = append(errs, root.overBudget(at)...)
	}
	if len(errs) == 0 {
		if _, _, err := schemavalidation.NewSchemaValidator(v.OpenAPIV3Schema); err != nil {
			errs = append(errs, field.Invalid(path, "", fmt.Sprintf("error building validator: %v", err)))
		}
	}
	return errs
}

// structure judges the structural form of a schema. Rules are looked at only when there is one and it is right: then there is a
// scope for them. form is why there is none; it says again, and worse, what the walk over the schema says.
func structure(ctx context.Context, s *hubSchema, opts options, path *field.Path) (root *scope, errs, form field.ErrorList) {
	ss, err := structuralschema.NewStructural(s)
	if err != nil {
		return nil, nil, field.ErrorList{field.Invalid(path, "", err.Error())}
	}
	if errs := structuralschema.ValidateStructural(path, ss); len(errs) > 0 {
		return nil, errs, nil
	}
	errs, err = defaulting.ValidateDefaults(ctx, path, ss, true, opts.prunedDefaults)
	if err != nil {
		return nil, field.ErrorList{field.Invalid(path, "", err.Error())}, nil
	}
	if len(errs) > 0 {
		return nil, errs, nil
	}
	return rootScope(s), nil, nil
}

func rootBesideStatus(s *hubSchema, path *field.Path) field.ErrorList {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if reflect.DeepEqual(v.Field(i).Interface(), reflect.Zero(v.Field(i).Type()).Interface()) {
			continue
		}
		switch name := v.Type().Field(i).Name; {
		case name == "Type" && s.Type != "object":
			return field.ErrorList{field.Invalid(path.Child("type"), s.Type, `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`)}
		case !slices.Contains(rootFields, name):
			return field.ErrorList{field.Invalid(path, *s, fmt.Sprintf(`only %v fields are allowed at the root of the schema if the status subresource is enabled`, rootFields))}
		}
	}
	return nil
}

// walk goes through a schema. Faults of the schema itself and of its rules are kept apart: a rule is looked at only where the
// schema below it has no fault, and told of after all others.
type walk struct {
	// ctx ends a walk that compiles many rules.
	ctx  context.Context
	opts *options
}

// place is what a part of a schema may have, by where it stands.
type place struct {
	defaults bool
	// noDefaults says why not.
	noDefaults string
	// meta: within the metadata of the resource, or of one that is embedded.
	meta bool
	// lost is the first part on the way down whose old value is not known by the new one.
	lost *field.Path
}

func (p place) without(reason string) place {
	p.defaults, p.noDefaults = false, reason
	return p
}

func (p place) losing(path *field.Path) place {
	if p.lost == nil {
		p.lost = path
	}
	return p
}

func (w walk) schema(s *hubSchema, path *field.Path, at place, root bool, in *scope) (schemas, rules field.ErrorList) {
	if s == nil {
		return nil, nil
	}
	schemas = append(schemas, w.unsupported(s, at, path)...)
	if s.UniqueItems {
		schemas = append(schemas, field.Forbidden(path.Child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
	}
	below := func(s *hubSchema, path *field.Path, at place, in *scope) {
		a, b := w.schema(s, path, at, false, in)
		schemas, rules = append(schemas, a...), append(rules, b...)
	}
	if a := s.AdditionalProperties; a != nil {
		if len(s.Properties) > 0 && (!a.Allows || a.Schema != nil) {
			schemas = append(schemas, field.Forbidden(path.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive"))
		}
		sub := at
		if at.meta {
			sub = at.without("inside additionalProperties applying to object metadata")
		}
		below(a.Schema, path.Child("additionalProperties"), sub, in.child(a.Schema, ofValues))
	}
	for _, name := range kind.SortedKeys(s.Properties) {
		of, sub := s.Properties[name], at
		if !schemacel.MapIsCorrelatable(s.XMapType) {
			sub = sub.losing(path)
		}
		if (root || s.XEmbeddedResource) && (name == "metadata" || name == "kind" || name == "apiVersion") {
			if sub.meta = true; root {
				sub = sub.without("in top-level " + name)
			}
		}
		below(&of, path.Child("properties").Key(name), sub, in.child(&of, ofProperty(name)))
	}
	below(s.Not, path.Child("not"), at, nil)
	for _, junction := range []struct {
		name string
		list []hubSchema
	}{{"allOf", s.AllOf}, {"oneOf", s.OneOf}, {"anyOf", s.AnyOf}} {
		for i := range junction.list {
			below(&junction.list[i], path.Child(junction.name).Index(i), at, nil)
		}
	}
	for _, name := range kind.SortedKeys(s.Definitions) {
		of := s.Definitions[name]
		below(&of, path.Child("definitions").Key(name), at, nil)
	}
	if s.Items != nil {
		sub := at
		if s.XListType == nil || *s.XListType != "map" {
			sub = sub.losing(path)
		}
		below(s.Items.Schema, path.Child("items"), sub, in.child(s.Items.Schema, ofItems))
		for i := range s.Items.JSONSchemas {
			of := &s.Items.JSONSchemas[i]
			below(of, path.Child("items").Index(i), sub, in.child(of, ofItems))
		}
	}
	for _, name := range kind.SortedKeys(s.Dependencies) {
		below(s.Dependencies[name].Schema, path.Child("dependencies").Key(name), at, nil)
	}
	schemas = append(schemas, w.extensions(s, path)...)
	schemas = append(schemas, ruleTexts(s, path.Child("x-kubernetes-validations"))...)
	if len(schemas) == 0 && in != nil && len(s.XValidations) > 0 {
		rules = append(rules, w.rules(s, in, at.lost, path.Child("x-kubernetes-validations"))...)
	}
	return schemas, rules
}

// propertyTypes are those of OpenAPI, sorted as an error lists them.
var propertyTypes = []string{"array", "boolean", "integer", "number", "object", "string"}

// unsupported finds what OpenAPI or JSON schema have and definitions may not use.
func (w walk) unsupported(s *hubSchema, at place, path *field.Path) (errs field.ErrorList) {
	if w.opts.propertyTypes && wrongPropertyType(s) {
		errs = append(errs, field.NotSupported(path.Child("type"), s.Type, propertyTypes))
	}
	if s.Default != nil && !at.defaults {
		detail := "must not be set"
		if at.noDefaults != "" {
			detail += " " + at.noDefaults
		}
		errs = append(errs, field.Forbidden(path.Child("default"), detail))
	}
	for _, part := range []struct {
		name string
		used bool
	}{
		{"id", s.ID != ""}, {"additionalItems", s.AdditionalItems != nil}, {"patternProperties", len(s.PatternProperties) > 0},
		{"definitions", len(s.Definitions) > 0}, {"dependencies", s.Dependencies != nil}, {"$ref", s.Ref != nil},
	} {
		if part.used {
			errs = append(errs, field.Forbidden(path.Child(part.name), part.name+" is not supported"))
		}
	}
	if s.Type == "null" {
		errs = append(errs, field.Forbidden(path.Child("type"), "type cannot be set to null, use nullable as an alternative"))
	}
	if s.Items != nil && len(s.Items.JSONSchemas) > 0 {
		errs = append(errs, field.Forbidden(path.Child("items"), "items must be a schema object and not an array"))
	}
	if at.meta && s.XEmbeddedResource {
		errs = append(errs, field.Forbidden(path.Child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"))
	}
	return errs
}

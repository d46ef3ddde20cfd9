package apiextensions

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var specPath = field.NewPath("spec")

// validateDefinition judges a definition, and its change from old, which is nil for a create.
func validateDefinition(ctx context.Context, o, old *hubDefinition) field.ErrorList {
	opts := newOptions()
	if old != nil {
		opts = updateOptions(o, old)
	}
	errs := validateSpec(ctx, &o.Spec, opts)
	if old != nil {
		if opts.fixedNames {
			errs = append(errs, kind.Unchanged(o.Spec.Scope, old.Spec.Scope, specPath.Child("scope"))...)
			errs = append(errs, kind.Unchanged(o.Spec.Names.Kind, old.Spec.Names.Kind, specPath.Child("names", "kind"))...)
		}
		errs = append(errs, kind.Unchanged(o.Spec.Group, old.Spec.Group, specPath.Child("group"))...)
		errs = append(errs, kind.Unchanged(o.Spec.Names.Plural, old.Spec.Names.Plural, specPath.Child("names", "plural"))...)
	}
	errs = append(errs, names(&o.Status.AcceptedNames, field.NewPath("status", "acceptedNames"))...)
	errs = append(errs, storedVersions(o, field.NewPath("status", "storedVersions"))...)
	errs = append(errs, approval(o, old)...)
	if isTrue(o.Spec.PreserveUnknownFields) && (old == nil || !isTrue(old.Spec.PreserveUnknownFields)) {
		errs = append(errs, field.Invalid(specPath.Child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"))
	}
	return errs
}

func isTrue(b *bool) bool { return b != nil && *b }

// storedVersions: objects may lie in the store in each of them, so none may go before they are migrated.
func storedVersions(o *hubDefinition, path *field.Path) (errs field.ErrorList) {
	stored := o.Status.StoredVersions
	if len(stored) == 0 {
		return field.ErrorList{field.Invalid(path, stored, "must have at least one stored version")}
	}
	last := map[string]int{}
	for i, name := range stored {
		last[name] = i
	}
	// A name is found once: the second version of a name that is told twice is not there for upstream.
	for _, v := range o.Spec.Versions {
		if _, ok := last[v.Name]; v.Storage && !ok {
			errs = append(errs, field.Invalid(path, stored, "must have the storage version "+v.Name))
		}
		delete(last, v.Name)
	}
	for i, name := range stored {
		if at, left := last[name]; left && at == i {
			errs = append(errs, field.Invalid(path.Index(i), name, fmt.Sprintf("missing from spec.versions; %[1]s was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in %[1]s and removes %[1]s from status.storedVersions", name)))
		}
	}
	return errs
}

// approval: groups of the project itself need the address of who approved of the API.
func approval(o, old *hubDefinition) field.ErrorList {
	if !apihelpers.IsProtectedCommunityGroup(o.Spec.Group) {
		return nil
	}
	const annotation = "api-approved.kubernetes.io"
	state, reason := apihelpers.GetAPIApprovalState(o.Annotations)
	if old != nil {
		if was, _ := apihelpers.GetAPIApprovalState(old.Annotations); was == state {
			return nil
		}
	}
	path := field.NewPath("metadata", "annotations").Key(annotation)
	switch state {
	case apihelpers.APIApproved, apihelpers.APIApprovalBypassed:
		return nil
	case apihelpers.APIApprovalMissing:
		return field.ErrorList{field.Required(path, reason)}
	}
	return field.ErrorList{field.Invalid(path, o.Annotations[annotation], reason)}
}

func validateSpec(ctx context.Context, s *hubSpec, opts options) (errs field.ErrorList) {
	path := specPath.Child("group")
	if s.Group == "" {
		errs = append(errs, field.Required(path, ""))
	} else if msgs := validation.IsDNS1123Subdomain(s.Group); len(msgs) > 0 {
		errs = append(errs, field.Invalid(path, s.Group, strings.Join(msgs, ",")))
	} else if !strings.Contains(s.Group, ".") {
		errs = append(errs, field.Invalid(path, s.Group, "should be a domain with at least one dot"))
	}
	errs = append(errs, kind.Needed(specPath.Child("scope"), string(s.Scope), func(path *field.Path, scope string) field.ErrorList {
		return kind.Among(path, scope, "Cluster", "Namespaced")
	})...)
	preserves := s.PreserveUnknownFields == nil || *s.PreserveUnknownFields
	opts.structural = opts.structural || !isTrue(s.PreserveUnknownFields)
	errs = append(errs, schemasThere(s, opts)...)
	if eachSchema(s, func(x *hubSchema) bool { return anywhere(x, hasDefault) }) {
		if opts.structural = true; preserves {
			errs = append(errs, field.Invalid(specPath.Child("preserveUnknownFields"), true, "must be false in order to use defaults in the schema"))
		}
	}
	opts.structural = opts.structural || eachSchema(s, func(x *hubSchema) bool { return anywhere(x, extendedSchema) })
	errs = append(errs, versions(ctx, s, opts)...)
	for _, name := range []struct{ field, value string }{
		{"plural", s.Names.Plural}, {"singular", s.Names.Singular}, {"kind", s.Names.Kind}, {"listKind", s.Names.ListKind},
	} {
		if name.value == "" {
			errs = append(errs, field.Required(specPath.Child("names", name.field), ""))
		}
	}
	errs = append(errs, names(&s.Names, specPath.Child("names"))...)
	errs = append(errs, schemaOf(ctx, s.Validation, anyStatus(s), opts.forVersion(s.Version), specPath.Child("validation"))...)
	errs = append(errs, subresources(s.Subresources, specPath.Child("subresources"))...)
	errs = append(errs, columns(s.AdditionalPrinterColumns, specPath.Child("additionalPrinterColumns"))...)
	if len(s.SelectableFields) > 0 && s.Validation == nil {
		errs = append(errs, field.Invalid(specPath.Child("selectableFields"), "", "may only be set when validations.schema is included"))
	} else if len(s.SelectableFields) > 0 {
		errs = appendNew(errs, selectable(s.SelectableFields, s.Validation.OpenAPIV3Schema, opts.crowded[""], specPath))
	}
	if c := s.Conversion; c != nil && c.Strategy != upstream.NoneConverter && preserves {
		errs = append(errs, field.Invalid(specPath.Child("conversion", "strategy"), c.Strategy, "must be None if spec.preserveUnknownFields is true"))
	}
	return append(errs, conversion(s.Conversion, opts, specPath.Child("conversion"))...)
}

// schemasThere: each version has a schema, or at least those that are served where unknown fields are pruned.
func schemasThere(s *hubSpec, opts options) (errs field.ErrorList) {
	if s.Validation != nil && s.Validation.OpenAPIV3Schema != nil {
		return nil
	}
	for i, v := range s.Versions {
		path := specPath.Child("versions").Index(i).Child("schema", "openAPIV3Schema")
		switch missing := v.Schema == nil || v.Schema.OpenAPIV3Schema == nil; {
		case missing && opts.schemas:
			errs = append(errs, field.Required(path, ""))
		case missing && v.Served && !isTrue(s.PreserveUnknownFields):
			errs = append(errs, field.Required(path, "because otherwise all fields are pruned"))
		}
	}
	return errs
}

func versions(ctx context.Context, s *hubSpec, opts options) (errs field.ErrorList) {
	path := specPath.Child("versions")
	seen, twice, stored := map[string]bool{}, false, 0
	own := false
	for i := range s.Versions {
		own = own || s.Versions[i].Subresources != nil
	}
	for i := range s.Versions {
		v, at := &s.Versions[i], path.Index(i)
		twice = twice || seen[v.Name]
		if seen[v.Name] = true; v.Storage {
			stored++
		}
		if msgs := validation.IsDNS1035Label(v.Name); len(msgs) > 0 {
			errs = append(errs, field.Invalid(at.Child("name"), v.Name, strings.Join(msgs, ",")))
		}
		of := s.Subresources
		if own {
			of = v.Subresources
		}
		errs = append(errs, version(ctx, v, hasStatus(of), opts.forVersion(v.Name), at)...)
	}
	if twice {
		errs = append(errs, field.Invalid(path, s.Versions, "must contain unique version names"))
	}
	if stored != 1 {
		errs = append(errs, field.Invalid(path, s.Versions, "must have exactly one version marked as storage version"))
	}
	// The first version's name is judged once more, as that of the definition in its first API version.
	if msgs := validation.IsDNS1035Label(s.Version); s.Version != "" && len(msgs) > 0 {
		errs = append(errs, field.Invalid(specPath.Child("version"), s.Version, strings.Join(msgs, ",")))
	}
	return errs
}

func version(ctx context.Context, v *upstream.CustomResourceDefinitionVersion, status bool, opts options, path *field.Path) (errs field.ErrorList) {
	for _, msg := range deprecation(v.Deprecated, v.DeprecationWarning) {
		errs = append(errs, field.Invalid(path.Child("deprecationWarning"), v.DeprecationWarning, msg))
	}
	errs = append(errs, schemaOf(ctx, v.Schema, status, opts, path.Child("schema"))...)
	errs = append(errs, subresources(v.Subresources, path.Child("subresources"))...)
	errs = append(errs, columns(v.AdditionalPrinterColumns, path.Child("additionalPrinterColumns"))...)
	switch {
	case len(v.SelectableFields) == 0:
	case v.Schema == nil || v.Schema.OpenAPIV3Schema == nil:
		errs = append(errs, field.Invalid(path.Child("selectableFields"), "", "may only be set when `version.schema.openAPIV3Schema` is not included"))
	default:
		errs = appendNew(errs, selectable(v.SelectableFields, v.Schema.OpenAPIV3Schema, opts.crowded[v.Name], path))
	}
	return errs
}

// appendNew leaves out what was said before: why a schema has no structural form.
func appendNew(errs, more field.ErrorList) field.ErrorList {
	known := make(map[string]bool, len(errs))
	for _, e := range errs {
		known[e.Error()] = true
	}
	for _, e := range more {
		if !known[e.Error()] {
			errs = append(errs, e)
		}
	}
	return errs
}

func hasStatus(s *upstream.CustomResourceSubresources) bool { return s != nil && s.Status != nil }

func anyStatus(s *hubSpec) bool {
	found := hasStatus(s.Subresources)
	for i := range s.Versions {
		found = found || hasStatus(s.Versions[i].Subresources)
	}
	return found
}

// structuralOf is the structural form of a schema, or what keeps it from having one.
func structuralOf(s *hubSchema) (*structuralschema.Structural, error) {
	if s == nil {
		return nil, nil
	}
	return structuralschema.NewStructural(s)
}

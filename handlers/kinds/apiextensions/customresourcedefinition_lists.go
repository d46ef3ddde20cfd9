package apiextensions

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// extensions judges what only Kubernetes knows of a schema: how its maps and lists merge.
func (w walk) extensions(s *hubSchema, path *field.Path) (errs field.ErrorList) {
	if p := s.XPreserveUnknownFields; p != nil && !*p {
		errs = append(errs, field.Invalid(path.Child("x-kubernetes-preserve-unknown-fields"), *p, "must be true or undefined"))
	}
	if s.XMapType != nil {
		errs = append(errs, typed(s.Type, "object", "must be object if x-kubernetes-map-type is specified", path.Child("type"))...)
		errs = append(errs, kind.Among(path.Child("x-kubernetes-map-type"), *s.XMapType, "atomic", "granular")...)
	}
	if s.XListType != nil && s.Type != "array" {
		errs = append(errs, typed(s.Type, "array", "must be array if x-kubernetes-list-type is specified", path.Child("type"))...)
	} else if w.opts.atomicSets && looseSet(s) {
		part := "x-kubernetes-map-type"
		if s.Items.Schema.Type == "array" {
			part = "x-kubernetes-list-type"
		}
		errs = append(errs, field.Invalid(path.Child("items", part), s.Items.Schema.XListType, "must be atomic as item of a list with x-kubernetes-list-type=set"))
	}
	if s.XListType != nil {
		errs = append(errs, kind.Among(path.Child("x-kubernetes-list-type"), *s.XListType, "atomic", "set", "map")...)
	}
	if len(s.XListMapKeys) > 0 {
		const needed = "must be map if x-kubernetes-list-map-keys is non-empty"
		if s.XListType == nil {
			errs = append(errs, field.Required(path.Child("x-kubernetes-list-type"), needed))
		} else if *s.XListType != "map" {
			errs = append(errs, field.Invalid(path.Child("x-kubernetes-list-type"), *s.XListType, needed))
		}
	}
	if s.XListType != nil && *s.XListType == "map" {
		errs = append(errs, keyedList(s, path)...)
	}
	if w.opts.keysOfMaps {
		errs = append(errs, keyedItems(s, path)...)
	}
	return errs
}

func typed(is, want, detail string, path *field.Path) field.ErrorList {
	switch is {
	case want:
		return nil
	case "":
		return field.ErrorList{field.Required(path, detail)}
	}
	return field.ErrorList{field.Invalid(path, is, detail)}
}

// keyedList judges a list whose items are known by keys: plain properties of theirs.
func keyedList(s *hubSchema, path *field.Path) (errs field.ErrorList) {
	keys, items := path.Child("x-kubernetes-list-map-keys"), path.Child("items")
	if len(s.XListMapKeys) == 0 {
		errs = append(errs, field.Required(keys, "must not be empty if x-kubernetes-list-type is map"))
	}
	switch {
	case s.Items == nil:
		return append(errs, field.Required(items, "must have a schema if x-kubernetes-list-type is map"))
	case s.Items.Schema == nil:
		return append(errs, field.Invalid(items, s.Items, "must only have a single schema if x-kubernetes-list-type is map"))
	case s.Items.Schema.Type != "object":
		return append(errs, field.Invalid(items.Child("type"), s.Items.Schema.Type, "must be object if parent array's x-kubernetes-list-type is map"))
	}
	seen := map[string]bool{}
	for _, k := range s.XListMapKeys {
		if of, ok := s.Items.Schema.Properties[k]; !ok {
			errs = append(errs, field.Invalid(keys, s.XListMapKeys, "entries must all be names of item properties"))
		} else if of.Type == "array" || of.Type == "object" {
			errs = append(errs, field.Invalid(items.Child("properties").Key(k).Child("type"), s.Items.Schema.Type, "must be a scalar type if parent array's x-kubernetes-list-type is map"))
		}
		if seen[k] {
			errs = append(errs, field.Invalid(keys, s.XListMapKeys, "must not contain duplicate entries"))
		}
		seen[k] = true
	}
	return errs
}

// keyedItems: items of sets and maps are never null, and have all their keys.
func keyedItems(s *hubSchema, path *field.Path) (errs field.ErrorList) {
	if s.XListType == nil || *s.XListType != "set" && *s.XListType != "map" || s.Items == nil || s.Items.Schema == nil {
		return nil
	}
	items, is := path.Child("items"), s.Items.Schema
	if is.Nullable {
		errs = append(errs, field.Forbidden(items.Child("nullable"), "cannot be nullable when x-kubernetes-list-type is "+*s.XListType))
	}
	if *s.XListType == "set" {
		return errs
	}
	required := map[string]bool{}
	for _, r := range is.Required {
		required[r] = true
	}
	for _, k := range s.XListMapKeys {
		of, ok := is.Properties[k]
		if !ok {
			continue
		}
		at := items.Child("properties").Key(k)
		if !required[k] && of.Default == nil {
			errs = append(errs, field.Required(at.Child("default"), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
		}
		if of.Nullable {
			errs = append(errs, field.Forbidden(at.Child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
		}
	}
	return errs
}

// Package validation validates single fields of an object, with upstream's wording, paths and error types.
//
// The rules are data: keywords of the resource model, generated as tags of the Go types, which go-playground/validator
// walks. A tag names a rule in a table, and the same entry of the table decides and words the error. The rules that any kind
// may have are here; those of particular kinds come from the packages of the kinds (Table), and this package names no kind's
// type. Rules that span fields, compare with an older object or need other objects are hooks of the kinds. Object metadata,
// which every kind has, is in meta.go.
//
// A valid object, by far the most frequent case, costs one walk of our own over the same tags and rules (good.go). Only what
// that does not accept goes to the library, and only a faulty object is walked again for its errors.
package validation

import (
	"context"
	"errors"

	"github.com/go-playground/validator/v10"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Fields checks all field rules of an object's kind, except those of its metadata and status. It works on the generated types;
// an unstructured object has no rules here.
func (r *Rules) Fields(o object.Object) field.ErrorList { return r.fields(o) }

// FieldsUpdate is Fields for an object that replaces old. A fault that old has at the same path with the same value is tolerated
// (ratcheting), so that an object stored before a rule existed can still be changed elsewhere.
func (r *Rules) FieldsUpdate(o, old object.Object) field.ErrorList {
	errs := r.fields(o)
	if len(errs) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, e := range r.fields(old) {
		known[e.Error()] = true
	}
	return errs.Filter(func(err error) bool { return known[err.Error()] })
}

// Good reports whether a part of an object, a pointer to a generated struct, keeps all its field rules.
func (r *Rules) Good(part any) bool {
	return !hasRules(part) || r.isGood(part) || r.walker.Struct(part) == nil
}

// deepest is the maximum number of walks for one faulty object. Lists and structs with rules are nested less deep.
const deepest = 32

// fields walks a pointer to a generated struct.
func (r *Rules) fields(o any) field.ErrorList {
	if !hasRules(o) || r.isGood(o) {
		return nil
	}
	m := newMemory()
	ctx := context.WithValue(context.Background(), memoryKey{}, m)
	var errs field.ErrorList
	for range deepest {
		m.walk, m.passable = m.walk+1, false
		errs = append(errs, r.explain(r.walker.StructCtx(ctx, o))...)
		if !m.passable {
			break
		}
	}
	errs = first(errs)
	arrange(errs)
	return errs
}

// explain words the faults of one walk.
func (r *Rules) explain(found error) (errs field.ErrorList) {
	var faults validator.ValidationErrors
	if !errors.As(found, &faults) {
		return nil
	}
	for _, fault := range faults {
		errs = append(errs, r.describe(fault)...)
	}
	return errs
}

// Part checks the field rules of a part of an object, a pointer to a generated struct, that is at path. It is for writes to
// subresources, for which the rules of the whole object do not run.
func (r *Rules) Part(part any, path *field.Path) field.ErrorList {
	errs := r.fields(part)
	for _, e := range errs {
		e.Field = path.String() + "." + e.Field
	}
	return errs
}

// Package validation finds what is wrong with single fields of an object, in the words, at the paths and in the types of
// error that the original uses.
//
// The rules are data: keywords of the resource model, generated as tags of the Go types, which go-playground/validator
// walks. A tag names a rule in the tables here, and the same entry of a table decides and, when the decision is no, says
// why. What spans fields, compares with an older object or needs other objects is not here but in the strategies; object
// metadata, which has rules of its own for every kind, is in meta.go.
//
// A good object, by far the most frequent case, costs one walk of our own over the same tags and rules (good.go). Only what
// that does not call good is left to the library, and only a faulty object is walked again, to explain.
package validation

import (
	"context"
	"errors"
	"maps"

	"github.com/go-playground/validator/v10"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Fields checks all field rules of an object's kind, its metadata and status excepted. It works on the generated types; an
// unstructured object has no rules here.
func Fields(o object.Object) field.ErrorList { return fields(o) }

// FieldsUpdate is Fields for an object that replaces old: a fault that old has in the same place with the same value is
// tolerated, so that an object which was stored before a rule existed can still be changed elsewhere.
func FieldsUpdate(o, old object.Object) field.ErrorList {
	errs := fields(o)
	if len(errs) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, e := range fields(old) {
		known[e.Error()] = true
	}
	return errs.Filter(func(err error) bool { return known[err.Error()] })
}

// Good says whether the fields of a part of an object, a pointer to a generated struct, keep all their rules.
func Good(part any) bool { return !hasRules(part) || good(part) || walker.Struct(part) == nil }

// deepest bounds the walks for one faulty object; lists and structs with rules are nested less deep.
const deepest = 32

// fields walks a pointer to a generated struct.
func fields(o any) field.ErrorList {
	if !hasRules(o) {
		return nil
	}
	if good(o) || walker.Struct(o) == nil {
		return nil
	}
	m := &memory{old: map[refusal]bool{}}
	ctx := context.WithValue(context.Background(), memoryKey{}, m)
	var errs field.ErrorList
	for range deepest {
		m.fresh = map[refusal]bool{}
		errs = explain(walker.StructCtx(ctx, o), errs)
		if len(m.fresh) == 0 {
			break
		}
		maps.Copy(m.old, m.fresh)
	}
	arrange(errs)
	return errs
}

// explain adds to errs what the walk found and errs does not have yet.
func explain(found error, errs field.ErrorList) field.ErrorList {
	var faults validator.ValidationErrors
	if !errors.As(found, &faults) {
		return errs
	}
	known := map[string]bool{}
	for _, e := range errs {
		known[e.Error()] = true
	}
	for _, fault := range faults {
		for _, e := range describe(fault) {
			if text := e.Error(); !known[text] {
				known[text] = true
				errs = append(errs, e)
			}
		}
	}
	return errs
}

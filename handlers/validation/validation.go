// Package validation finds what is wrong with single fields of an object, in the words, at the paths and in the types of
// error that upstream uses.
//
// The rules are data: keywords of the resource model, generated as tags of the Go types, which go-playground/validator
// walks. A tag names a rule in the tables here, and the same entry of a table decides and, when the decision is no, says
// why. What spans fields, compares with an older object or needs other objects is not here but in package kinds; object
// metadata, which has rules of its own for every kind, is in meta.go.
//
// A good object, by far the most frequent case, costs one walk of our own over the same tags and rules (good.go). Only what
// that does not call good is left to the library, and only a faulty object is walked again, to explain.
package validation

import (
	"context"
	"errors"

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
	if !hasRules(o) || good(o) {
		return nil
	}
	m := newMemory()
	ctx := context.WithValue(context.Background(), memoryKey{}, m)
	var errs field.ErrorList
	for range deepest {
		m.walk, m.passable = m.walk+1, false
		errs = append(errs, explain(walker.StructCtx(ctx, o))...)
		if !m.passable {
			break
		}
	}
	errs = first(errs)
	arrange(errs)
	return errs
}

// explain words what a walk found.
func explain(found error) (errs field.ErrorList) {
	var faults validator.ValidationErrors
	if !errors.As(found, &faults) {
		return nil
	}
	for _, fault := range faults {
		errs = append(errs, describe(fault)...)
	}
	return errs
}

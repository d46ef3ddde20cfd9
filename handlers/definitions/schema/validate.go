package schema

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// Write is what Validate judges.
type Write struct {
	// New is the object, Old the one that it replaces; nil for a create.
	New, Old map[string]any
	// Status: it comes through the status subresource.
	Status bool
	// Found are the faults of the metadata: rules do not run on an object that is badly wrong.
	Found field.ErrorList
	// Warn gets the faults of rules that are excused because nothing has changed there; nil drops them.
	Warn func(text string)
}

// Validate finds the faults of an object in upstream's order: of apiVersion and kind, of the schema with what an update excuses, of
// the scale, of embedded metadata, of lists that are sets or maps, of rules in CEL. Those of its own metadata are the caller's.
func (s *Schema) Validate(ctx context.Context, w Write) field.ErrorList {
	j, err := s.judge.get()
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return s.validate(ctx, j, &w)
}

// validate is Validate by the libraries.
func (s *Schema) validate(ctx context.Context, j *judge, w *Write) field.ErrorList {
	var correlated *common.CorrelatedObject
	if w.Old != nil && j.structural != nil {
		correlated = common.NewCorrelatedObject(w.New, w.Old, &model.Structural{Structural: j.structural})
	}
	faults := s.typeMeta(w.New)
	if len(faults) == 0 {
		faults = append(faults, j.bySchema(w, correlated)...)
		faults = append(faults, s.scale(w)...)
	}
	if !w.Status {
		faults = append(faults, objectmeta.Validate(nil, w.New, j.structural, false)...)
	}
	// What was wrong with lists before does not stand in the way of an update.
	if lists := listtype.ValidateListSetsAndMaps(nil, j.structural, w.New); len(lists) > 0 {
		if w.Old == nil || len(listtype.ValidateListSetsAndMaps(nil, j.structural, w.Old)) == 0 {
			faults = append(faults, lists...)
		}
	}
	rules := j.rules()
	if rules == nil {
		return faults
	}
	if blocks(w.Found) || blocks(faults) {
		return append(faults, notChecked())
	}
	var options []cel.Option
	var old any
	if w.Old != nil {
		options, old = append(options, cel.WithRatcheting(correlated)), w.Old
	}
	broken, _ := rules.Validate(warned(ctx, w.Warn), nil, j.structural, w.New, old, celconfig.RuntimeCELCostBudget, options...)
	return append(faults, broken...)
}

// bySchema are the faults that the schema finds. The status subresource is held to the schema of the status alone.
func (j *judge) bySchema(w *Write, correlated *common.CorrelatedObject) field.ErrorList {
	value, old, by, path := any(w.New), any(w.Old), j.whole, (*field.Path)(nil)
	if w.Status {
		status, found := w.New["status"]
		if !found || j.status == nil {
			return nil
		}
		value, old, by, path = status, w.Old["status"], j.status, field.NewPath("status")
		correlated = correlated.Key("status")
	}
	if w.Old == nil {
		return validation.ValidateCustomResource(path, value, by)
	}
	var options []validation.ValidationOption
	if j.structural != nil {
		options = append(options, validation.WithRatcheting(correlated))
	}
	return validation.ValidateCustomResourceUpdate(path, value, old, by, options...)
}

// blocks says whether faults keep rules from running: they could not rely on types, bounds and required fields.
func blocks(faults field.ErrorList) bool {
	return slices.ContainsFunc(faults, func(f *field.Error) bool {
		switch f.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
		return false
	})
}

func notChecked() *field.Error {
	return field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation")
}

// typeMeta judges apiVersion and kind.
func (s *Schema) typeMeta(o map[string]any) (faults field.ErrorList) {
	if kind, _ := o["kind"].(string); kind != s.Kind.Kind {
		faults = append(faults, field.Invalid(field.NewPath("kind"), kind, fmt.Sprintf("must be %v", s.Kind.Kind)))
	}
	if version, _ := o["apiVersion"].(string); version != s.Kind.GroupVersion().String() {
		faults = append(faults, field.Invalid(field.NewPath("apiVersion"), version, fmt.Sprintf("must be %v", s.Kind.GroupVersion())))
	}
	return faults
}

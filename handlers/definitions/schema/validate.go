package schema

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	upstream "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
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
	made, err := s.ready()
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	v := judgement{Schema: s, Write: &w, root: made.root}
	faults := v.all(ctx)
	if v.err != nil {
		return field.ErrorList{field.InternalError(nil, v.err)}
	}
	return faults
}

// judgement is one call of Validate. Each step is done by nodes if they find no fault for sure, and by the libraries otherwise.
type judgement struct {
	*Schema
	*Write
	root *node
	// made by library:
	judged     *judge
	correlated *common.CorrelatedObject
	err        error
}

// library makes what the libraries need; nil when that fails, which ends the validation.
func (v *judgement) library() *judge {
	if v.judged != nil || v.err != nil {
		return v.judged
	}
	if v.judged, v.err = v.judge.get(); v.err != nil {
		return nil
	}
	if v.Old != nil && v.judged.structural != nil {
		v.correlated = common.NewCorrelatedObject(v.New, v.Old, &model.Structural{Structural: v.judged.structural})
	}
	return v.judged
}

func (v *judgement) all(ctx context.Context) field.ErrorList {
	faults := v.typeMeta(v.New)
	if len(faults) == 0 {
		faults = append(faults, v.bySchema()...)
		faults = append(faults, v.scale(v.Write)...)
	}
	if !v.Status {
		faults = append(faults, v.embedded()...)
	}
	faults = append(faults, v.lists()...)
	return append(faults, v.rules(ctx, faults)...)
}

// status is the schema of the status; nil when it has none.
func (v *judgement) status() *node {
	if !v.Options.Status {
		return nil
	}
	return v.root.prop("status")
}

// bySchema are the faults that the schema finds. The status subresource is held to the schema of the status alone.
func (v *judgement) bySchema() field.ErrorList {
	value, found := any(v.New), true
	if v.Status {
		if value, found = v.New["status"]; !found {
			return nil
		}
	}
	if v.root != nil {
		n := v.root
		if v.Status {
			n = v.status()
		}
		if n == nil || n.accept(value) == yes {
			return nil
		}
	}
	j := v.library()
	if j == nil {
		return nil
	}
	by, path, old, correlated := j.whole, (*field.Path)(nil), any(v.Old), v.correlated
	if v.Status {
		if by = j.status; by == nil {
			return nil
		}
		path, old, correlated = field.NewPath("status"), v.Old["status"], v.correlated.Key("status")
	}
	if v.Old == nil {
		return upstream.ValidateCustomResource(path, value, by)
	}
	var options []upstream.ValidationOption
	if j.structural != nil {
		options = append(options, upstream.WithRatcheting(correlated))
	}
	return upstream.ValidateCustomResourceUpdate(path, value, old, by, options...)
}

// embedded are the faults of the metadata of embedded resources.
func (v *judgement) embedded() field.ErrorList {
	if v.root != nil {
		return validateEmbedded(v.New, v.root, nil)
	}
	if j := v.library(); j != nil {
		return objectmeta.Validate(nil, v.New, j.structural, false)
	}
	return nil
}

// lists are the faults of lists that are sets or maps. What was wrong before does not stand in the way of an update.
func (v *judgement) lists() field.ErrorList {
	if v.root != nil && distinct(v.New, v.root) {
		return nil
	}
	j := v.library()
	if j == nil {
		return nil
	}
	faults := listtype.ValidateListSetsAndMaps(nil, j.structural, v.New)
	if len(faults) > 0 && v.Old != nil && len(listtype.ValidateListSetsAndMaps(nil, j.structural, v.Old)) > 0 {
		return nil
	}
	return faults
}

// rules are the faults that rules in CEL find.
func (v *judgement) rules(ctx context.Context, faults field.ErrorList) field.ErrorList {
	if v.root != nil && !v.root.has(rules) {
		return nil
	}
	blocked := blocks(v.Found) || blocks(faults)
	if v.root != nil && !v.root.has(oddRules) && !v.root.rulesInMeta() {
		if blocked {
			return field.ErrorList{notChecked()}
		}
		r := run{pool: v.pool, budget: celconfig.RuntimeCELCostBudget}
		var old any
		if v.Old != nil {
			old = v.Old
		}
		r.value(ctx, v.root, nil, v.New, old, true)
		// What is broken may have been before, which excuses it. The library knows when.
		if len(r.faults) == 0 || v.Old == nil {
			return r.faults
		}
	}
	j := v.library()
	if j == nil {
		return nil
	}
	validator := j.rules()
	if validator == nil {
		return nil
	}
	if blocked {
		return field.ErrorList{notChecked()}
	}
	var options []cel.Option
	var old any
	if v.Old != nil {
		options, old = append(options, cel.WithRatcheting(v.correlated)), v.Old
	}
	broken, _ := validator.Validate(warned(ctx, v.Warn), nil, j.structural, v.New, old, celconfig.RuntimeCELCostBudget, options...)
	return broken
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

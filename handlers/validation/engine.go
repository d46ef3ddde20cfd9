package validation

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Table is what a package of kinds adds to the general rules.
type Table struct {
	// Rules by the name that the model gives them.
	Rules map[string]Rule
	// Details are texts about missing values, by the parameter of the rules filled and present.
	Details map[string]string
	// Path returns the path that upstream reports for a place in an object, which for most is the place itself. It may be nil.
	Path func(place string) string
}

// Rules is a complete set of rules. It is safe for concurrent use.
type Rules struct {
	byTag map[string]Rule
	paths []func(string) string
	// walker and good cache what they compile for each type.
	walker *validator.Validate
	good   goodStructs
}

// New joins the general rules with those of the tables. Two rules of one name are a fault of the program and panic. So does
// a walk that meets an unknown tag; a test walks the tags of all types.
func New(tables ...Table) *Rules {
	r := &Rules{byTag: map[string]Rule{}, walker: validator.New(validator.WithRequiredStructEnabled())}
	details := maps.Clone(generalDetails)
	for _, t := range tables {
		maps.Copy(details, t.Details)
	}
	for _, general := range []map[string]Rule{presenceRules(details), numberRules, listRules, stringRules(), valueRules} {
		maps.Copy(r.byTag, general)
	}
	for _, t := range tables {
		for tag, rule := range t.Rules {
			if _, taken := r.byTag[tag]; taken {
				panic(fmt.Sprintf("two rules are called %q", tag))
			}
			r.byTag[tag] = rule
		}
		if t.Path != nil {
			r.paths = append(r.paths, t.Path)
		}
	}
	r.walker.RegisterTagNameFunc(object.JSONName)
	for tag, rule := range r.byTag {
		check := func(ctx context.Context, fl validator.FieldLevel) bool {
			return rule.ok(fl.Field(), fl.Param()) || passed(ctx, fl)
		}
		if err := r.walker.RegisterValidationCtx(tag, check, rule.evenNil); err != nil {
			// Only an empty or reserved name fails here.
			panic(fmt.Sprintf("rule %q: %v", tag, err))
		}
	}
	return r
}

// memory is shared by the walks over one object. The library does not descend into a list or struct that a rule refuses, so
// faults below it need another walk, in which the refusals of earlier walks pass.
type memory struct {
	refused map[refusal]bool
	walk    int
	// left is the number of refusals that may still be collected.
	left int
	// passable is set when this walk refused a list or struct, so that another walk may find more.
	passable bool
}

func newMemory() *memory { return &memory{refused: map[refusal]bool{}, left: mostCollected} }

// refusal is a rule at an address. The tag is empty for scalars: the library runs no further rule on a refused one.
type refusal struct {
	address uintptr
	typ     reflect.Type
	tag     string
}

type memoryKey struct{}

// passed reports whether a refusal is to be ignored: an earlier walk has collected it, or too many are collected.
func passed(ctx context.Context, fl validator.FieldLevel) bool {
	m, ok := ctx.Value(memoryKey{}).(*memory)
	if !ok {
		return false
	}
	f := fl.Field()
	if m.left == 0 {
		return true
	}
	if !f.CanAddr() {
		// Values of maps have no address and no rules below them, so the first walk finds all of their faults.
		return m.walk > 1
	}
	r := refusal{address: f.Addr().Pointer(), typ: f.Type()}
	holder := f.Kind() == reflect.Slice || f.Kind() == reflect.Struct
	if holder {
		r.tag = fl.GetTag()
	}
	if m.refused[r] {
		return true
	}
	m.left--
	m.refused[r] = true
	m.passable = m.passable || holder
	return false
}

// describe returns the errors of the rule that refused.
func (r *Rules) describe(fault validator.FieldError) field.ErrorList {
	_, place, _ := strings.Cut(fault.Namespace(), ".")
	path := r.pathAt(place)
	if rule, ok := r.byTag[fault.Tag()]; ok {
		if errs := rule.errors(path, reflect.ValueOf(fault.Value()), fault.Param()); len(errs) > 0 {
			return errs
		}
	}
	// A rule that refuses without an error is a fault of the rule: refuse all the same.
	return field.ErrorList{field.InternalError(path, fmt.Errorf("rule %q failed", fault.Tag()))}
}

// pathAt is the path that upstream reports for a place in an object.
func (r *Rules) pathAt(place string) *field.Path {
	if place == "" {
		return nil
	}
	for _, path := range r.paths {
		place = path(place)
	}
	return field.NewPath(place)
}

var withRules sync.Map // reflect.Type -> bool

// hasRules reports whether a type has any rules, cached per type.
func hasRules(o any) bool {
	t := reflect.TypeOf(o)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || reflect.ValueOf(o).IsNil() {
		return false
	}
	if known, ok := withRules.Load(t); ok {
		return known.(bool)
	}
	found := false
	for i := range t.Elem().NumField() {
		tag, tagged := t.Elem().Field(i).Tag.Lookup("validate")
		found = found || tagged && tag != "-"
	}
	withRules.Store(t, found)
	return found
}

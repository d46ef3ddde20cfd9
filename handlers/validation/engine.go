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
	// Path is the path that upstream reports for a place in an object, where that is not the place itself; it returns all
	// others as they are. nil changes none.
	Path func(place string) string
}

// Rules walks objects by the tags of their types. It is safe for concurrent use.
type Rules struct {
	byTag map[string]Rule
	paths []func(string) string
	// walker keeps what it learned of each type, and so does good.
	walker *validator.Validate
	good   goodStructs
}

// New joins the general rules with those of the tables. A tag of an object that no table has is a fault of the program: the
// walk panics when it first meets the type, and a test walks all types.
func New(tables ...Table) *Rules {
	r := &Rules{byTag: map[string]Rule{}, walker: validator.New(validator.WithRequiredStructEnabled())}
	for _, general := range []map[string]Rule{presenceRules, numberRules, listRules, stringRules(), valueRules} {
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

// memory is what walks over one object know of each other. The library does not go into a list or struct that a rule
// refuses, so faults below it show only in a next walk, which passes over what those before have refused. So each walk
// finds what none before it has found.
type memory struct {
	refused map[refusal]bool
	walk    int
	// left is how many refusals are still collected.
	left int
	// passable: this walk refused a list or struct, so that the next one may find more.
	passable bool
}

func newMemory() *memory { return &memory{refused: map[refusal]bool{}, left: mostCollected} }

// refusal is a rule at a place in memory. What holds nothing else is refused once, whichever rule it was, as the library
// asks no other one then.
type refusal struct {
	address uintptr
	typ     reflect.Type
	tag     string
}

type memoryKey struct{}

// passed says whether this refusal is not to be told: an earlier walk told of it, or there were too many.
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
		// A value of a map, which holds no further rules: the first walk finds it.
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

// describe turns one fault of the walk into the errors of its rule.
func (r *Rules) describe(fault validator.FieldError) field.ErrorList {
	_, place, _ := strings.Cut(fault.Namespace(), ".")
	path := r.pathAt(place)
	if rule, ok := r.byTag[fault.Tag()]; ok {
		if errs := rule.errors(path, reflect.ValueOf(fault.Value()), fault.Param()); len(errs) > 0 {
			return errs
		}
	}
	// The rule refuses what it then finds nothing wrong with: say so rather than accept.
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

// hasRules says whether a walk of this type can find anything. The answer is kept per type.
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

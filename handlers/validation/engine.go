package validation

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// rule is one entry of the tables: ok decides, errors says why not. param is what stands after the tag's equals sign.
type rule struct {
	ok     func(v reflect.Value, param string) bool
	errors func(path *field.Path, v reflect.Value, param string) field.ErrorList
	// evenNil: the rule also judges a pointer that is nil, which the others never see.
	evenNil bool
}

// rules is every tag that the generator may write. It is complete before the first walk and never changes.
var rules = func() map[string]rule {
	out := map[string]rule{}
	for _, table := range []map[string]rule{presenceRules, numberRules, listRules, stringRules(), valueRules, structRules} {
		for tag, r := range table {
			out[tag] = r
		}
	}
	return out
}()

// walker is the one instance of the library. It keeps what it learned of each type.
var walker = newWalker()

func newWalker() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(object.JSONName)
	for tag, r := range rules {
		check := func(ctx context.Context, fl validator.FieldLevel) bool {
			return r.ok(fl.Field(), fl.Param()) || passed(ctx, fl)
		}
		if err := v.RegisterValidationCtx(tag, check, r.evenNil); err != nil {
			// Only an empty or reserved name fails here: a fault of the tables that no input can cause.
			panic(fmt.Sprintf("rule %q: %v", tag, err))
		}
	}
	return v
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
func describe(fault validator.FieldError) field.ErrorList {
	_, path, _ := strings.Cut(fault.Namespace(), ".")
	value := reflect.ValueOf(fault.Value())
	if r, ok := rules[fault.Tag()]; ok {
		if errs := r.errors(pathAt(path), value, fault.Param()); len(errs) > 0 {
			return errs
		}
	}
	// The rule refuses what it then finds nothing wrong with: say so rather than accept.
	return field.ErrorList{field.InternalError(pathAt(path), fmt.Errorf("rule %q failed", fault.Tag()))}
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

// addressable is the value as a pointer: that into the object where the walk gave one, else to a copy.
func addressable[T any](v reflect.Value) *T {
	if v.CanAddr() {
		if p, ok := v.Addr().Interface().(*T); ok {
			return p
		}
	}
	if x, ok := v.Interface().(T); ok {
		return &x
	}
	return nil
}

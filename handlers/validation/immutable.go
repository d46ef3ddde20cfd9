package validation

import (
	"reflect"
	"sync"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Immutable finds fields that the model marks as immutable (x-immutable) and that differ from old's. Both must be of the
// same type. A field of a struct that one of them lacks is not compared: whether the struct may come or go is another rule.
func Immutable(o, old object.Object) field.ErrorList {
	t := reflect.TypeOf(o)
	if t == nil || t != reflect.TypeOf(old) || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	var errs field.ErrorList
	for _, f := range immutableFields(t.Elem()) {
		now, okNow := f.of(reflect.ValueOf(o))
		was, okWas := f.of(reflect.ValueOf(old))
		if okNow && okWas && !object.EqualValues(now, was) {
			errs = append(errs, field.Invalid(field.NewPath(f.path), display.Value(now.Interface()), apivalidation.FieldImmutableErrorMsg))
		}
	}
	return errs
}

// immutableField is a field below a kind, reached through structs and pointers only.
type immutableField struct {
	path  string
	index []int
}

// of is the field's value in an object; false when a pointer on the way is nil.
func (f immutableField) of(v reflect.Value) (reflect.Value, bool) {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

var immutables sync.Map // reflect.Type -> []immutableField

func immutableFields(t reflect.Type) []immutableField {
	if known, ok := immutables.Load(t); ok {
		return known.([]immutableField)
	}
	found := searchImmutable(t, "", nil, map[reflect.Type]bool{})
	immutables.Store(t, found)
	return found
}

// searchImmutable descends into a type. open are the types on the way, because some types contain themselves.
func searchImmutable(t reflect.Type, path string, index []int, open map[reflect.Type]bool) (found []immutableField) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || open[t] {
		return nil
	}
	open[t] = true
	defer delete(open, t)
	for i := range t.NumField() {
		f := t.Field(i)
		name := object.JSONName(f)
		if !f.IsExported() || name == "" {
			continue
		}
		at := append(append([]int{}, index...), i)
		if f.Tag.Get("update") == "immutable" {
			found = append(found, immutableField{path: path + name, index: at})
			continue
		}
		found = append(found, searchImmutable(f.Type, path+name+".", at, open)...)
	}
	return found
}

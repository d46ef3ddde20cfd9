package validation

import (
	"reflect"
	"strings"
	"sync"
)

// goodStruct is the fast path for a struct type: the same tags and rules as the library's walk, but without field names and
// copies, which only errors need. It accepts only what the library accepts. What it does not accept, the library decides.
type goodStruct struct {
	fields []goodField
	// checks is set when the struct or anything below it has a rule.
	checks bool
}

// goodField is a field with its parsed tag.
type goodField struct {
	index int
	steps []step
	// inner is the struct that the field is, points to or lists; nil when it is none.
	inner *goodStruct
	// open is set for interfaces, whose values have no static type.
	open bool
}

// step is one part of a tag, as it stands.
type step struct {
	word  string // omitempty, dive or nostructlevel; empty for a rule
	rule  Rule
	param string
}

// goodStructs caches goodStruct by type.
type goodStructs struct {
	sync.RWMutex
	byType map[reflect.Type]*goodStruct
}

// isGood reports whether the fast path accepts the struct that o points to.
func (r *Rules) isGood(o any) bool {
	v := reflect.ValueOf(o).Elem()
	return r.goodStruct(v.Type()).holds(v)
}

func (r *Rules) goodStruct(t reflect.Type) *goodStruct {
	r.good.RLock()
	s := r.good.byType[t]
	r.good.RUnlock()
	if s != nil {
		return s
	}
	r.good.Lock()
	defer r.good.Unlock()
	// Types contain themselves, so a type is published only together with all that it refers to.
	made := map[reflect.Type]*goodStruct{}
	s = r.newGoodStruct(t, made)
	for more := true; more; {
		more = false
		for _, s := range made {
			if !s.checks && s.anyChecks() {
				s.checks, more = true, true
			}
		}
	}
	all := make(map[reflect.Type]*goodStruct, len(r.good.byType)+len(made))
	for _, some := range []map[reflect.Type]*goodStruct{r.good.byType, made} {
		for t, s := range some {
			all[t] = s
		}
	}
	r.good.byType = all
	return s
}

func (r *Rules) newGoodStruct(t reflect.Type, made map[reflect.Type]*goodStruct) *goodStruct {
	if s := r.good.byType[t]; s != nil {
		return s
	}
	if s := made[t]; s != nil {
		return s
	}
	s := &goodStruct{}
	made[t] = s
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("validate")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		field := goodField{index: i}
		if tag != "" {
			for part := range strings.SplitSeq(tag, ",") {
				field.steps = append(field.steps, r.newStep(part))
			}
		}
		switch e := field.element(f.Type); e.Kind() {
		case reflect.Struct:
			field.inner = r.newGoodStruct(e, made)
		case reflect.Interface:
			field.open = true
		}
		s.fields = append(s.fields, field)
	}
	return s
}

func (r *Rules) newStep(part string) step {
	switch part {
	case "omitempty", "dive", "nostructlevel":
		return step{word: part}
	}
	tag, param, _ := strings.Cut(part, "=")
	return step{rule: r.byTag[tag], param: param}
}

// element is the type that remains of a field's type after its dives.
func (f *goodField) element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for i := range f.steps {
		if f.steps[i].word != "dive" {
			continue
		}
		if t.Kind() != reflect.Slice {
			break // the library decides
		}
		for t = t.Elem(); t.Kind() == reflect.Pointer; {
			t = t.Elem()
		}
	}
	return t
}

// anyChecks reports whether a field has rules, or contains a struct that does.
func (s *goodStruct) anyChecks() bool {
	for i := range s.fields {
		f := &s.fields[i]
		if f.open || f.inner != nil && f.inner.checks {
			return true
		}
		for j := range f.steps {
			if f.steps[j].word == "" {
				return true
			}
		}
	}
	return false
}

func (s *goodStruct) holds(v reflect.Value) bool {
	if !s.checks {
		return true
	}
	for i := range s.fields {
		f := &s.fields[i]
		if len(f.steps) == 0 && !f.open && (f.inner == nil || !f.inner.checks) {
			continue
		}
		if !f.holds(v.Field(f.index), 0) {
			return false
		}
	}
	return true
}

// holds runs the steps from the given one on.
func (f *goodField) holds(v reflect.Value, from int) bool {
	pointer := false
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return f.holdsNil(v, from)
		}
		v, pointer = v.Elem(), true
	}
	for i := from; i < len(f.steps); i++ {
		switch s := &f.steps[i]; s.word {
		case "":
			if s.rule.ok == nil || !s.rule.ok(v, s.param) {
				return false
			}
		case "omitempty":
			if isEmpty(v, pointer) {
				return true
			}
		case "nostructlevel":
			return true
		case "dive":
			if v.Kind() != reflect.Slice {
				return false
			}
			for j := range v.Len() {
				if !f.holds(v.Index(j), i+1) {
					return false
				}
			}
			return true
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		return f.inner != nil && f.inner.holds(v)
	case reflect.Interface:
		return v.IsNil()
	}
	return true
}

// holdsNil is holds for a nil pointer. The library runs only the first step there.
func (f *goodField) holdsNil(v reflect.Value, from int) bool {
	rest := f.steps[from:]
	if len(rest) == 0 || rest[0].word == "omitempty" {
		return true
	}
	return len(rest) == 1 && rest[0].rule.evenNil && rest[0].rule.ok(v, rest[0].param)
}

// isEmpty is omitempty: the value behind a pointer is never empty, except a nil list or map.
func isEmpty(v reflect.Value, pointer bool) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	}
	return !pointer && v.IsZero()
}

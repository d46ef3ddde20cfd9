package kind

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// CellOf makes a cell of a function on one kind. An object of another kind is a fault of the caller and gets an empty cell.
func CellOf[T object.Object, V any](f func(T) V) Cell {
	return CellSince(func(o T, _ time.Time) V { return f(o) })
}

// CellSince is CellOf, for functions that need the time.
func CellSince[T object.Object, V any](f func(T, time.Time) V) Cell {
	return Cell{Object: func(o object.Object, now time.Time) any {
		if o, ok := o.(T); ok {
			return f(o, now)
		}
		return ""
	}}
}

// CellOfValues makes a cell of a function on values, which several versions or kinds can share.
func CellOfValues(f func(v Values, now time.Time) any) Cell { return Cell{Values: f} }

// Values are those at the paths of a column; nil where a field is absent.
type Values []any

// Text is the i-th value as a string, empty when it is absent.
func (v Values) Text(i int) string { s, _ := v[i].(string); return s }

// Texts is the i-th value as a list of strings.
func (v Values) Texts(i int) []string { s, _ := v[i].([]string); return s }

// Time is the i-th value as a time.
func (v Values) Time(i int) time.Time { t, _ := v[i].(time.Time); return t }

// Pairs is the i-th value as a map.
func (v Values) Pairs(i int) map[string]string { m, _ := v[i].(map[string]string); return m }

// Number is the i-th value as a number.
func (v Values) Number(i int) int64 { n, _ := v[i].(int64); return n }

// Age is the time from t to now in kubectl's form.
func Age(t, now time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(t))
}

// FirstText is the first that is not empty.
func FirstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// GroupResource is resource.group, or the resource alone in the core group.
func GroupResource(group, resource string) string {
	if group == "" {
		return resource
	}
	return resource + "." + group
}

// Distinct sorts texts and drops empty and duplicate ones, in place.
func Distinct(texts []string) []string {
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	slices.Sort(texts)
	return slices.Compact(texts)
}

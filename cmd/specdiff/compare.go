package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Kind is the kind of a difference.
type Kind string

const (
	// Missing: theirs has it and ours does not.
	Missing Kind = "missing"
	// Different: both have it, with different values.
	Different Kind = "different"
	// Extra: ours has it and theirs does not, and it is nothing that we add on purpose.
	Extra Kind = "extra"
	// Added: a constraint or a default that ours has and theirs does not.
	Added Kind = "added"
)

// Difference is one place where two documents are not the same.
type Difference struct {
	Document, Path string
	Kind           Kind
	Ours, Theirs   any
}

// String is one line: where, what, and both values as far as they exist.
func (d Difference) String() string {
	s := fmt.Sprintf("%s %s%s", d.Kind, d.Document, d.Path)
	if d.Ours != nil {
		s += " ours " + short(d.Ours)
	}
	if d.Theirs != nil {
		s += " theirs " + short(d.Theirs)
	}
	return s
}

func short(x any) string {
	b, err := json.Marshal(x)
	if err != nil {
		return fmt.Sprint(x)
	}
	if len(b) > 160 {
		return string(b[:160]) + "..."
	}
	return string(b)
}

// constraints are the keywords that the model may add to what is published.
var constraints = map[string]bool{
	"enum": true, "pattern": true, "minimum": true, "maximum": true, "exclusiveMinimum": true, "exclusiveMaximum": true,
	"multipleOf": true, "minLength": true, "maxLength": true, "minItems": true, "maxItems": true, "uniqueItems": true,
	"minProperties": true, "maxProperties": true, "x-kubernetes-validations": true,
	"format": true, // of texts: what a name or an address must look like
}

// compareAll compares the documents that theirs has; ours may have more, for groups that they do not serve.
func compareAll(ours, theirs Documents) (out []Difference) {
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		c := comparison{document: name}
		c.value("", "", ours[name], theirs[name])
		out = append(out, c.out...)
	}
	return out
}

type comparison struct {
	document string
	out      []Difference
}

func (c *comparison) add(kind Kind, path string, ours, theirs any) {
	c.out = append(c.out, Difference{c.document, path, kind, ours, theirs})
}

// value compares what stands under key at path.
func (c *comparison) value(path, key string, ours, theirs any) {
	a, aok := ours.(M)
	b, bok := theirs.(M)
	if !aok || !bok {
		if x, ok := ours.([]any); ok {
			if y, ok := theirs.([]any); ok && len(x) == len(y) && !reflect.DeepEqual(x, y) {
				for i := range x {
					c.value(fmt.Sprintf("%s[%d]", path, i), "", x[i], y[i])
				}
				return
			}
		}
		switch {
		case reflect.DeepEqual(ours, theirs):
		case key == "default" && isZero(theirs): // theirs is the zero of the Go type, ours is what the server fills in
			c.add(Added, path, ours, theirs)
		default:
			c.add(Different, path, ours, theirs)
		}
		return
	}
	for _, k := range union(a, b) {
		at := path + "/" + k
		switch {
		case b[k] == nil && (constraints[k] || k == "default"):
			c.add(Added, at, a[k], nil)
		case b[k] == nil:
			c.add(Extra, at, a[k], nil)
		case a[k] == nil:
			c.add(Missing, at, nil, b[k])
		default:
			c.value(at, k, a[k], b[k])
		}
	}
}

func union(a, b M) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// isZero says whether a JSON value is a zero value of Go.
func isZero(x any) bool {
	switch t := x.(type) {
	case string:
		return t == ""
	case float64:
		return t == 0
	case bool:
		return !t
	case M:
		return len(t) == 0
	}
	return x == nil
}

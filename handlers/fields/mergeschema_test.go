package fields

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
)

// schemaComparison walks two merge schemas side by side.
type schemaComparison struct {
	t         *testing.T
	seen      map[[2]string]bool
	got, want *smd.Schema
}

func nameOf(r smd.TypeRef) string {
	name := ""
	if r.NamedType != nil {
		name = *r.NamedType
	}
	if r.ElementRelationship != nil {
		name += "!" + string(*r.ElementRelationship)
	}
	return name
}

func (c *schemaComparison) refs(path string, got, want smd.TypeRef) {
	if names := [2]string{nameOf(got), nameOf(want)}; names[0] != "" && names[1] != "" {
		if c.seen[names] {
			return
		}
		c.seen[names] = true
	}
	g, okGot := c.got.Resolve(got)
	w, okWant := c.want.Resolve(want)
	if okGot != okWant {
		c.t.Errorf("%s: resolved %t, want %t", path, okGot, okWant)
		return
	}
	if !reflect.DeepEqual(g.Scalar, w.Scalar) || (g.List == nil) != (w.List == nil) || (g.Map == nil) != (w.Map == nil) {
		c.t.Errorf("%s: %s, want %s", path, describeAtom(g), describeAtom(w))
		return
	}
	if g.List != nil {
		slices.Sort(g.List.Keys)
		keys := slices.Sorted(slices.Values(w.List.Keys))
		if g.List.ElementRelationship != w.List.ElementRelationship || !slices.Equal(g.List.Keys, keys) {
			c.t.Errorf("%s: list %v %v, want %v %v", path, g.List.ElementRelationship, g.List.Keys, w.List.ElementRelationship, keys)
		}
		c.refs(path+"[]", g.List.ElementType, w.List.ElementType)
		for _, k := range keys {
			a, _ := c.got.Resolve(g.List.ElementType)
			b, _ := c.want.Resolve(w.List.ElementType)
			x, _ := a.Map.FindField(k)
			y, _ := b.Map.FindField(k)
			if fmt.Sprint(x.Default) != fmt.Sprint(y.Default) {
				c.t.Errorf("%s: the key %s is %v by default, want %v", path, k, x.Default, y.Default)
			}
		}
	}
	if g.Map != nil {
		c.maps(path, g.Map, w.Map)
	}
}

func (c *schemaComparison) maps(path string, g, w *smd.Map) {
	if g.ElementRelationship != w.ElementRelationship {
		c.t.Errorf("%s: map %q, want %q", path, g.ElementRelationship, w.ElementRelationship)
	}
	if len(g.Fields) != len(w.Fields) {
		c.t.Errorf("%s: %d fields, want %d", path, len(g.Fields), len(w.Fields))
	}
	for _, f := range w.Fields {
		if own, ok := g.FindField(f.Name); ok {
			c.refs(path+"."+f.Name, own.Type, f.Type)
		} else {
			c.t.Errorf("%s has no %s", path, f.Name)
		}
	}
	c.refs(path+"{}", g.ElementType, w.ElementType)
}

func describeAtom(a smd.Atom) string {
	scalar := "none"
	if a.Scalar != nil {
		scalar = string(*a.Scalar)
	}
	return fmt.Sprintf("scalar %s, list %t, map %t", scalar, a.List != nil, a.Map != nil)
}

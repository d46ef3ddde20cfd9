package kube

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestStore(t *testing.T) {
	s := newStore[string]()
	key := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	put := func(namespace, name, value string) *string { return s.put(key(namespace, name), &value) }
	put("b", "x", "red")
	s.AddIndex("first", func(v *string) []string { return []string{(*v)[:1]} }) // what is there already is found too
	put("a", "z", "rose")
	put("a", "y", "blue")
	if old := put("a", "y", "black"); old == nil || *old != "blue" {
		t.Errorf("what was there is %v", old)
	}
	values := func(list []*string) (out []string) {
		for _, v := range list {
			out = append(out, *v)
		}
		return out
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"all", values(s.List()), []string{"black", "rose", "red"}},
		{"r", values(s.ByIndex("first", "r")), []string{"rose", "red"}},
		{"b", values(s.ByIndex("first", "b")), []string{"black"}},
		{"none", values(s.ByIndex("first", "x")), nil},
		{"no index", values(s.ByIndex("last", "x")), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if last := s.remove(key("a", "z")); last == nil || *last != "rose" {
		t.Errorf("removed is %v", last)
	}
	if s.remove(key("a", "z")) != nil || s.Get("a", "z") != nil || s.Len() != 2 || len(s.ByIndex("first", "r")) != 1 {
		t.Error("what was removed is there")
	}
	if v := s.Get("a", "y"); v == nil || *v != "black" {
		t.Errorf("got %v", v)
	}
}

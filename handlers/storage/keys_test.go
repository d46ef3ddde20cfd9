package storage

import "testing"

func TestCollection(t *testing.T) {
	pods, nodes, specs := NewCollection("pods", true), NewCollection("minions", false), NewCollection("services/specs", true)
	for _, c := range []struct {
		in                              Collection
		prefix, within, namespace, name string
		key                             string
	}{
		{pods, "/pods/", "/pods/a/", "a", "x", "/pods/a/x"},
		{specs, "/services/specs/", "/services/specs/a/", "a", "x", "/services/specs/a/x"},
		{nodes, "/minions/", "/minions/", "", "x", "/minions/x"},
		{nodes, "/minions/", "/minions/", "", "system:a:b", "/minions/system:a:b"},
	} {
		if got := c.in.Prefix(); got != c.prefix {
			t.Errorf("prefix %q, want %q", got, c.prefix)
		}
		if got := c.in.Within("a"); got != c.within {
			t.Errorf("within a: %q, want %q", got, c.within)
		}
		if got := c.in.Within(""); got != c.prefix {
			t.Errorf("within all: %q, want %q", got, c.prefix)
		}
		if got := c.in.Key("a", c.name); got != c.key {
			t.Errorf("key %q, want %q", got, c.key)
		}
		if namespace, name := c.in.Split(c.key); namespace != c.namespace || name != c.name {
			t.Errorf("%s is %q and %q", c.key, namespace, name)
		}
	}
}

func TestPrefixOf(t *testing.T) {
	for key, want := range map[string]string{
		"/pods/ns/a": "/pods/", "/pods/": "/pods/", "/pods": "", "": "", "/": "", "pods/ns/a": "", "/services/specs/ns/a": "/services/",
		"/example.org/widgets/ns/a": "/example.org/widgets/", "/example.org/widgets/": "/example.org/widgets/", "/example.org/": "/example.org/",
	} {
		if got := PrefixOf(key); got != want {
			t.Errorf("%q is in %q, want %q", key, got, want)
		}
	}
}

func TestKeyspace(t *testing.T) {
	for _, c := range []struct {
		root, place, key string
		ours             bool
	}{
		{"/registry", "/registry/pods/a/x", "/pods/a/x", true},
		{"/registry/", "/registry/pods/a/x", "/pods/a/x", true},
		{"/registry", "/registry-other/pods/a/x", "", false},
		{"/registry", "/registry", "", false},
		{"/registry", "/reg", "", false},
		{"/registry", "compact_rev_key", "", false},
		{"", "/pods/a/x", "/pods/a/x", true},
		{"", "compact_rev_key", "", false},
	} {
		k := NewKeyspace(c.root)
		if key, ours := k.Holds([]byte(c.place)); key != c.key || ours != c.ours {
			t.Errorf("%q holds %q: %q, %v", c.root, c.place, key, ours)
		}
		if c.ours && (k.Place(c.key) != c.place || k.Key([]byte(c.place)) != c.key) {
			t.Errorf("%q: %q lies at %q", c.root, c.key, k.Place(c.key))
		}
	}
}

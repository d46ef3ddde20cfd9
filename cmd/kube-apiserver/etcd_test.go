package main

import (
	"strings"
	"testing"
)

// Events may lie elsewhere in an old installation: they are let go of with a warning, and nothing else is.
func TestServersOverrides(t *testing.T) {
	o, set, _, err := parse([]string{"--etcd-servers-overrides=/events#https://a:2379;https://b:2379"})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.validate(set); err != nil {
		t.Fatal(err)
	}
	if lines := o.etcd.warnings(); len(lines) != 1 || !strings.Contains(lines[0], "/events#https://a:2379") {
		t.Errorf("warnings %q", lines)
	}
}

// The original takes the prefix with and without its slashes, and so finds the same keys.
func TestPrefix(t *testing.T) {
	for given, want := range map[string]string{"/registry": "/registry", "registry": "/registry", "a//b/": "/a/b", "": "/"} {
		o, set, _, err := parse([]string{"--etcd-prefix=" + given})
		if err != nil {
			t.Fatal(err)
		}
		if o.complete(set); o.etcdPrefix != want {
			t.Errorf("%q is read as %q, want %q", given, o.etcdPrefix, want)
		}
	}
}

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
	if err := o.settings(set); err != nil {
		t.Fatal(err)
	}
	if lines := o.storage.warnings(); len(lines) != 1 || !strings.Contains(lines[0], "/events#https://a:2379") {
		t.Errorf("warnings %q", lines)
	}
}

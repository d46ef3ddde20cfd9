package main

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
	"github.com/gatehouse-dev/gatehouse/gen/openapi"
)

// undescribed are the types whose modules generate no SwaggerDoc for them.
var undescribed = map[string]bool{
	"io.k8s.api.admissionregistration.v1alpha1.MatchCondition": true, // an alias of v1's
	"io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource":       true,
	"io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent":          true,
}

// TestDescribed: every schema of a file that names a package has a type there that can describe itself, save the few that
// upstream describes nowhere.
func TestDescribed(t *testing.T) {
	m, err := spec.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	described := 0
	for file, d := range m {
		for name, s := range d.Schemas {
			published := m.PublishedName(file, name)
			zero := openapi.Described(published)
			expected := d.Models.Package != "" && len(s.Props) > 0 && s.Keys["x-model"] == nil
			if (zero != nil) != expected {
				t.Errorf("%s: described %v, want %v", published, zero != nil, expected)
			}
			if zero == nil {
				continue
			}
			if _, ok := zero.(interface{ SwaggerDoc() map[string]string }); ok {
				described++
			} else if !undescribed[published] {
				t.Errorf("%s has no SwaggerDoc", published)
			}
		}
	}
	if described < 700 {
		t.Errorf("only %d schemas are described", described)
	}
	if openapi.Described("io.k8s.api.core.v1.Nothing") != nil {
		t.Error("something describes what does not exist")
	}
}

package handlers

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// A plugin that the table says is here is in the chain when it is asked for, and not when it is turned off.
func TestPluginsThatAreHereRun(t *testing.T) {
	for _, p := range admission.Plugins {
		if !p.Here || p.Name == "AlwaysAdmit" { // which has nothing to do
			continue
		}
		if chain := plugins(&Options{Admission: admission.Selection{Only: []string{p.Name}}}, &resource.Objects{}); len(chain) != 1 {
			t.Errorf("%s alone makes a chain of %d", p.Name, len(chain))
		}
		if chain := plugins(&Options{Admission: admission.Selection{Only: []string{}}}, &resource.Objects{}); len(chain) != 0 {
			t.Errorf("without plugins the chain has %d", len(chain))
		}
	}
}

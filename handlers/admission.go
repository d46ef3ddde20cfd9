package handlers

import (
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// plugins is the chain of the admission plugins that run. The order is that of admission.Plugins.
func plugins(s *admission.Selection, objects *resource.Objects) admission.Chain {
	made := map[string]any{
		"NamespaceLifecycle": admission.NamespaceLifecycle{Namespaces: objects},
	}
	var chain admission.Chain
	for _, p := range admission.Plugins {
		if plugin := made[p.Name]; plugin != nil && s.Runs(p.Name) {
			chain = append(chain, plugin)
		}
	}
	return chain
}

package handlers

import (
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Registry lets tests have resources come and go.
func (s *Server) Registry() *resource.Registry { return s.registry }

// Admit lets tests see what admission sees. It must be called before the first write.
func (s *Server) Admit(plugin any) {
	s.writer.Admission = admission.NewChain(nil, admission.Named{Name: "test", Plugin: plugin})
}

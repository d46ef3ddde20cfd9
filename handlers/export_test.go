package handlers

import (
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/repair"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Registry lets tests have resources come and go.
func (s *Server) Registry() *resource.Registry { return s.registry }

// Admit lets tests see what admission sees. It must be called before the first write.
func (s *Server) Admit(plugin any) {
	s.writer.Admission = admission.NewChain(nil, admission.Named{Name: "test", Plugin: plugin})
}

// Repairer is what compares services with what they were given, with a clock of the test's.
func (s *Server) Repairer(now func() time.Time) *repair.Repair { return s.repair(now, nil) }

// Ports are the node ports of the server's services.
func (s *Server) Ports() *allocate.Ports { return allocate.NewPorts(&s.deps) }

package handlers

import "github.com/gatehouse-dev/gatehouse/handlers/resource"

// Registry lets tests have resources come and go.
func (s *Server) Registry() *resource.Registry { return s.registry }

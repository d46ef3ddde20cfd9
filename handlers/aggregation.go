package handlers

import (
	"crypto/tls"

	"github.com/gatehouse-dev/gatehouse/handlers/aggregator"
)

// Aggregation says how the group-versions of other servers are reached.
type Aggregation struct {
	// Certificate is what others know this server by when it tells them who a user is, asked for each connection; nil for none.
	Certificate func() *tls.Certificate
	// Endpoints has requests go to the endpoints of a service and not to its address.
	Endpoints bool
	// ForwardRedirects hands redirects of other servers to clients, instead of refusing them.
	ForwardRedirects bool
}

func newAggregator(s *Server) *aggregator.Aggregator {
	o := &s.options
	return aggregator.New(aggregator.Settings{
		Store: o.Store, Objects: s.objects, Writer: s.writer.Own(), UID: o.Features.Enabled("RemoteRequestHeaderUID"), Log: o.Log,
		Certificate: o.Aggregation.Certificate, Endpoints: o.Aggregation.Endpoints, ForwardRedirects: o.Aggregation.ForwardRedirects,
	})
}

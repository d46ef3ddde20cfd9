package main

import "github.com/gatehouse-dev/gatehouse/handlers/instance"

// registerAggregation declares the flags about other API servers, and returns whether their redirects are refused.
func registerAggregation(o *instance.Aggregation, s *flagSets) *bool {
	f := s.in("misc")
	f.StringVar(&o.CertFile, "proxy-client-cert-file", "", "Certificate by which the API servers that APIService objects name know this one, and so believe whom it says a user is.")
	f.StringVar(&o.KeyFile, "proxy-client-key-file", "", "Key of --proxy-client-cert-file.")
	f.BoolVar(&o.Endpoints, "enable-aggregator-routing", false, "Send requests to the endpoints of the services of other API servers and not to the services' addresses.")
	return f.Bool("aggregator-reject-forwarding-redirect", true, "Refuse redirects of other API servers instead of handing them to clients.")
}

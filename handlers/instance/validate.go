package instance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
)

// faults collects what is wrong, so that one start tells all of it.
type faults []string

func (f *faults) add(format string, a ...any) { *f = append(*f, fmt.Sprintf(format, a...)) }

// Validate finds what is wrong with a configuration without opening anything but the files that must be compared.
func (c *Config) Validate() error {
	if f := c.Faults(); len(f) > 0 {
		return errors.New(strings.Join(f, "\n"))
	}
	return nil
}

// Faults is Validate, one text for each fault.
func (c *Config) Faults() []string {
	var f faults
	c.Storage.validate(f.add)
	c.Serving.validate(f.add)
	if c.Requests.MinWatch < 0 {
		f.add("--min-request-timeout can not be negative value")
	}
	if c.Requests.Inflight.Reads < 0 {
		f.add("--max-requests-inflight can not be negative value")
	}
	if c.Requests.Inflight.Writes < 0 {
		f.add("--max-mutating-requests-inflight can not be negative value")
	}
	if c.Requests.Limit <= 0 {
		f.add("--request-timeout must be above zero")
	}
	c.Authentication.validate(f.add)
	if len(c.Authentication.Proxy.Headers.UID) > 0 && !c.Features.Enabled("RemoteRequestHeaderUID") {
		f.add("--requestheader-uid-headers requires the %q feature to be enabled", "RemoteRequestHeaderUID")
	}
	if c.LiveGrace < 0 {
		f.add("--livez-grace-period can not be a negative value")
	}
	c.Audit.validate(f.add)
	if _, err := controllers.Enabled(c.Cluster.Controllers); err != nil {
		f.add("--controllers: %v", err)
	}
	c.Authorization.validate(f.add)
	f = append(f, c.Admission.Faults()...)
	return f
}

func (s *Serving) validate(fault func(string, ...any)) {
	if s.Port < 0 || s.Port > 65535 {
		fault("--secure-port %v must be between 0 and 65535, inclusive. 0 for a free port", s.Port)
	}
	if s.InsecurePort < 0 || s.InsecurePort > 65535 {
		fault("--insecure-port %v must be between 0 and 65535, inclusive. 0 for none", s.InsecurePort)
	}
	if s.InsecurePort != 0 && !s.InsecureAddress.IsLoopback() {
		fault("--insecure-bind-address %v is not a loopback address: whoever reaches the insecure port may do everything", s.InsecureAddress)
	}
	switch s.Endpoints {
	case presence.Lease, presence.MasterCount, presence.None, "":
	default:
		fault("--endpoint-reconciler-type %q: %s, %s or %s", s.Endpoints, presence.Lease, presence.MasterCount, presence.None)
	}
	if s.Servers < 1 && s.Endpoints == presence.MasterCount {
		fault("--apiserver-count should be a positive number, but value '%d' provided", s.Servers)
	}
	if s.ServiceNodePort < 0 || s.ServiceNodePort > 65535 {
		fault("--kubernetes-service-node-port %v must be between 0 and 65535, inclusive. If 0, the Kubernetes master service will be of type ClusterIP", s.ServiceNodePort)
	}
	if s.MaxStreams < 0 {
		fault("--http2-max-streams-per-connection can not be negative value")
	}
	if s.LeaveChance < 0 || s.LeaveChance > 0.02 {
		fault("--goaway-chance can not be less than 0 or greater than 0.02")
	}
	for _, directive := range s.HSTS {
		age, seconds, _ := strings.Cut(directive, "=")
		switch {
		case strings.TrimSpace(directive) == "":
			fault("empty value in strict-transport-security-directives")
		case directive != "includeSubDomains" && directive != "preload" && (age != "max-age" || seconds == "" || strings.Contains(seconds, "=")):
			fault("--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information")
		}
	}
	if _, err := origins(s.CORS); err != nil {
		fault("%v", err)
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		fault("--tls-cert-file and --tls-private-key-file belong together")
	}
}

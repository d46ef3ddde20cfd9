package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// options is what the flags say: settings of the server, and what becomes settings.
type options struct {
	config            instance.Config
	storage           storageOptions
	tls               tlsOptions
	refused           refusedOptions
	rejectRedirects   *bool
	logFormat         string
	admissionFile     *string
	featureGates      []string
	minRequestTimeout int
	version           bool
	verbosity         int
}

// newOptions are the defaults. A server that is started without any flag also shows its API in the browser.
func newOptions(bare bool) *options {
	o := &options{config: instance.Default()}
	o.config.Serving.Address, o.config.Serving.Port = net.IPv4zero, 6443
	o.config.SwaggerUI = bare
	o.minRequestTimeout = int(o.config.Requests.MinWatch / time.Second)
	return o
}

// register declares the flags under upstream's headings.
func (o *options) register(s *flagSets) {
	c := &o.config
	f := s.in("generic")
	f.IPVar(&c.Serving.AdvertiseAddress, "advertise-address", nil, "Address that members of the cluster reach this server at; that of the first interface when empty.")
	f.StringVar(&c.Serving.Endpoints, "endpoint-reconciler-type", c.Serving.Endpoints, "Who keeps the endpoints of the service kubernetes: lease (the servers whose leases live), master-count (a given number of servers) or none.")
	f.IntVar(&c.Serving.Servers, "apiserver-count", c.Serving.Servers, "How many servers the cluster has, for master-count.")
	f.IntVar(&c.Serving.ServiceNodePort, "kubernetes-service-node-port", 0, "Port that the service kubernetes has on every node; 0 for none.")
	f.StringVar(&c.Serving.ExternalHostname, "external-hostname", "", "Name that clients outside of the cluster use.")
	f.IntVar(&o.minRequestTimeout, "min-request-timeout", o.minRequestTimeout, "Seconds that a watch lasts at least when its client names no time; the actual time is up to twice that.")
	f.IntVar(&c.Requests.Inflight.Reads, "max-requests-inflight", c.Requests.Inflight.Reads, "How many ordinary requests that only read may be under way; more are answered with 429. 0 for no limit.")
	f.IntVar(&c.Requests.Inflight.Writes, "max-mutating-requests-inflight", c.Requests.Inflight.Writes, "The same for requests that write.")
	f.DurationVar(&c.Requests.Limit, "request-timeout", c.Requests.Limit, "How long an ordinary request may take.")
	f.Float64Var(&c.Serving.LeaveChance, "goaway-chance", 0, "With which chance, 0 to 0.02, a request over HTTP/2 makes its client open a new connection, so that clients spread over the servers behind a balancer.")
	f.DurationVar(&c.Requests.CloseDelay, "shutdown-delay-duration", 0, "How long the server goes on serving after it was told to end, while /readyz already says no.")
	f.StringSliceVar(&c.Serving.CORS, "cors-allowed-origins", nil, "Regular expressions of the origins of pages whose requests browsers let pass, pinned to the start and the end of the host, such as //example\\.com(:|$).")
	f.StringSliceVar(&c.Serving.HSTS, "strict-transport-security-directives", nil, "What browsers are told of using HTTPS from now on: max-age=seconds, includeSubDomains, preload.")
	f.DurationVar(&c.LiveGrace, "livez-grace-period", 0, "How long a server that has not finished starting is alive nevertheless.")
	o.storage.register(&c.Storage, s)
	o.registerServing(s)
	registerAudit(&c.Audit, s)
	registerAuthentication(&c.Authentication, s)
	registerAuthorization(&c.Authorization, s)
	o.admissionFile = registerAdmission(&c.Admission, s)
	o.refused.register(s)

	f = s.in("API enablement")
	f.StringToStringVar(&c.Versions, "runtime-config", nil, "Group-versions to serve or not: apps/v1=false, api/all=true, api/ga, api/beta, api/alpha.")
	f.StringArrayVar(&o.featureGates, "feature-gates", nil, "Feature gates to switch: Name=true,Other=false. What they are is in kubernetes_feature_enabled of /metrics.")
	f.BoolVar(&c.SwaggerUI, "enable-swagger-ui", c.SwaggerUI, "Show the API in the browser at /swagger-ui. On when the server is started without any flag.")

	o.rejectRedirects = registerAggregation(&c.Aggregation, s)
	f = s.in("misc")
	f.StringSliceVar(&c.Cluster.Controllers, "controllers", c.Cluster.Controllers, "The server's own controllers, by the controller-manager's names: * for all, -name for all but one. They give namespaces their default service account and kube-root-ca.crt, empty namespaces that are deleted, collect what has lost its owner, and keep claims, volumes and their classes while they are used: "+
		"namespace-controller, garbage-collector-controller, serviceaccount-controller, root-ca-certificate-publisher-controller, persistentvolumeclaim-protection-controller, persistentvolume-protection-controller, volumeattributesclass-protection-controller. None beside an external etcd unless named: a controller-manager is likely to be there.")
	f.DurationVar(&c.Cluster.EventTTL, "event-ttl", c.Cluster.EventTTL, "How long events are kept.")
	f.StringVar(&c.Cluster.ServiceCIDRs, "service-cluster-ip-range", c.Cluster.ServiceCIDRs, "Range of the addresses of services; a second one of the other family after a comma.")
	f.StringVar(&c.Cluster.NodePorts, "service-node-port-range", c.Cluster.NodePorts, "Range of node ports.")

	f.BoolVar(&c.Cluster.AllowPrivileged, "allow-privileged", false, "Let pods have privileged containers.")

	f = s.in("logs")
	f.StringVar(&o.logFormat, "logging-format", "text", "Form of the log: text or json.")
	f.IntVarP(&o.verbosity, "v", "v", 0, "How much is logged: 0 warnings, 2 what is worth knowing, 4 what clients do wrong, too.")
	s.in("global").BoolVar(&o.version, "version", false, "Print the version and end.")
}

// registerServing declares the flags about ports and certificates.
func (o *options) registerServing(s *flagSets) {
	c := &o.config.Serving
	f := s.in("secure serving")
	f.IPVar(&c.Address, "bind-address", c.Address, "Address to serve HTTPS at.")
	f.IntVar(&c.Port, "secure-port", c.Port, "Port to serve HTTPS at; 0 takes a free one.")
	f.StringVar(&c.CertDir, "cert-dir", "", "Folder of certificates that the server makes for itself, and of a serving certificate that is there already (apiserver.crt and apiserver.key); <data-dir>/pki when empty. Without any folder they are kept in memory.")
	f.StringVar(&c.CertFile, "tls-cert-file", "", "Serving certificate, followed by those of its authorities; made when empty.")
	f.StringVar(&c.KeyFile, "tls-private-key-file", "", "Key of --tls-cert-file.")
	f.StringArrayVar(&o.tls.sni, "tls-sni-cert-key", nil, "Another serving certificate, for clients that ask for its names, as certificate,key or certificate,key:name,*.name; may be repeated.")
	f.StringVar(&o.tls.minVersion, "tls-min-version", "", "Oldest TLS version taken: VersionTLS12 (the default) or VersionTLS13.")
	f.StringSliceVar(&o.tls.cipherSuites, "tls-cipher-suites", nil, "Cipher suites of TLS 1.2, by Go's names; Go's choice when empty.")
	f.BoolVar(&c.NoHTTP2, "disable-http2-serving", false, "Serve HTTP/1.1 only.")
	f.Int32SliceVar(&o.tls.curves, "tls-curve-preferences", nil, "Key exchanges that are taken, as numbers of Go's crypto/tls.CurveID; Go's choice when empty.")
	f.BoolVar(&c.SharePort, "permit-port-sharing", false, "Let other servers serve at the same port (SO_REUSEPORT).")
	f.IntVar(&c.MaxStreams, "http2-max-streams-per-connection", 0, "How many requests a client may have under way on one connection; 0 for 250.")

	f = s.in("insecure serving")
	f.IntVar(&c.InsecurePort, "insecure-port", 0, "Port on the loopback interface at which every local process may do everything over plain HTTP (upstream's was 8080); 0 for none.")
	f.IPVar(&c.InsecureAddress, "insecure-bind-address", c.InsecureAddress, "Loopback address of --insecure-port.")
}

// settings turns the flags into a configuration. It finds everything that is wrong, so that one start tells all of it.
func (o *options) settings(set *pflag.FlagSet) error {
	var faults []string
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	c := &o.config
	o.storage.validate(set, fault)
	o.storage.settings(c, set)
	o.tls.settings(&c.Serving, fault)
	c.Requests.MinWatch = time.Duration(o.minRequestTimeout) * time.Second
	c.Aggregation.ForwardRedirects = !*o.rejectRedirects
	c.Authentication.AnonymousGiven = set.Changed("anonymous-auth")
	checkOIDC(&c.Authentication.OIDC, set, fault)
	checkAuthorization(&c.Authorization, set, fault)
	var err error
	if c.Features, err = features.Parse(o.featureGates); err != nil {
		fault("%v", err)
	}
	if *o.admissionFile != "" {
		if c.Admission.Configured, err = admission.ReadConfiguration(*o.admissionFile); err != nil {
			fault("--admission-control-config-file: %v", err)
		}
	}
	o.refused.validate(set, fault)
	if o.logFormat != "text" && o.logFormat != "json" {
		fault("--logging-format %q: text or json", o.logFormat)
	}
	if c.Serving.ExternalHostname == "" {
		if name, err := os.Hostname(); err == nil {
			c.Serving.ExternalHostname = name
		}
	}
	if faults = append(faults, c.Faults()...); len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

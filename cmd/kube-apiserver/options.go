package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// options is what the flags say.
type options struct {
	dataDir       string
	unsafeNoFsync bool
	etcdListen    string

	etcdServers                      []string
	etcdPrefix                       string
	etcdCAFile, etcdCert, etcdKey    string
	etcdCompaction                   time.Duration
	etcd                             etcdOptions
	mediaType                        string
	eventTTL                         time.Duration
	bindAddress                      net.IP
	securePort                       int
	insecureBindAddress              net.IP
	insecurePort                     int
	advertiseAddress                 net.IP
	externalHostname                 string
	certDir, tlsCertFile, tlsKeyFile string
	tlsMinVersion                    string
	tlsCipherSuites                  []string
	noHTTP2                          bool
	maxStreams                       int
	goawayChance                     float64
	minRequestTimeout                int
	inflight                         pipeline.Inflight
	requestTimeout, shutdownDelay    time.Duration
	clientCAFile, tokenFile          string
	anonymous, anonymousGiven        bool
	authorization                    authorizationFlags
	runtimeConfig                    map[string]string
	featureGates                     []string
	features                         *features.Features
	serviceCIDRs, serviceNodePorts   string
	swaggerUI, version               bool
	verbosity                        int
	serviceAccounts                  serviceAccountOptions
	proxy                            proxyOptions
	tokens                           tokenOptions
	oidc                             oidcOptions
	audit                            auditOptions
	admission                        admissionOptions
	basicFile                        string
	sniCerts, controllers            []string
}

// newOptions are the defaults. A server that is started without any flag also shows its API in the browser.
func newOptions(bare bool) *options {
	return &options{
		dataDir: "gatehouse-data", etcdPrefix: storage.DefaultRoot, etcdCompaction: 5 * time.Minute, etcd: newEtcdOptions(), eventTTL: time.Hour,
		mediaType: storageMediaType, bindAddress: net.IPv4zero, securePort: 6443, insecureBindAddress: net.IPv4(127, 0, 0, 1),
		minRequestTimeout: 1800, inflight: pipeline.Inflight{Reads: 400, Writes: 200}, requestTimeout: time.Minute, anonymous: true, authorization: newAuthorizationFlags(),
		serviceCIDRs: "10.0.0.0/24", serviceNodePorts: "30000-32767", swaggerUI: bare,
	}
}

// storageMediaType is the only form in which built-in kinds are stored: the original's default.
const storageMediaType = "application/vnd.kubernetes.protobuf"

// register declares the flags under the original's headings.
func (o *options) register(s *flagSets) {
	f := s.in("generic")
	f.IPVar(&o.advertiseAddress, "advertise-address", o.advertiseAddress, "Address that members of the cluster reach this server at; that of the first interface when empty.")
	f.StringVar(&o.externalHostname, "external-hostname", o.externalHostname, "Name that clients outside of the cluster use.")
	f.IntVar(&o.minRequestTimeout, "min-request-timeout", o.minRequestTimeout, "Seconds that a watch lasts at least when its client names no time; the actual time is up to twice that.")
	f.IntVar(&o.inflight.Reads, "max-requests-inflight", o.inflight.Reads, "How many ordinary requests that only read may be under way; more are answered with 429. 0 for no limit.")
	f.IntVar(&o.inflight.Writes, "max-mutating-requests-inflight", o.inflight.Writes, "The same for requests that write.")
	f.DurationVar(&o.requestTimeout, "request-timeout", o.requestTimeout, "How long an ordinary request may take.")
	f.Float64Var(&o.goawayChance, "goaway-chance", o.goawayChance, "With which chance, 0 to 0.02, a request over HTTP/2 makes its client open a new connection, so that clients spread over the servers behind a balancer.")
	f.DurationVar(&o.shutdownDelay, "shutdown-delay-duration", o.shutdownDelay, "How long the server goes on serving after it was told to end, while /readyz already says no.")

	f = s.in("etcd")
	f.StringVar(&o.dataDir, "data-dir", o.dataDir, "Folder of the embedded etcd, the certificates and the administrator's kubeconfig. With --etcd-servers only where it is given.")
	f.BoolVar(&o.unsafeNoFsync, "unsafe-no-fsync", o.unsafeNoFsync, "Let the embedded etcd leave writing to the operating system: faster, and a power cut loses data. For tests.")
	f.StringVar(&o.etcdListen, "etcd-listen-client", o.etcdListen, "Address (host:port or unix:path) at which the embedded etcd answers other clients such as etcdctl; none when empty.")
	f.StringSliceVar(&o.etcdServers, "etcd-servers", o.etcdServers, "Servers of an external etcd (scheme://host:port, comma separated), used instead of the embedded one.")
	f.StringVar(&o.etcdPrefix, "etcd-prefix", o.etcdPrefix, "Prefix of all keys.")
	f.StringVar(&o.etcdCAFile, "etcd-cafile", o.etcdCAFile, "Authority that the etcd servers' certificates are checked against.")
	f.StringVar(&o.etcdCert, "etcd-certfile", o.etcdCert, "Client certificate for etcd.")
	f.StringVar(&o.etcdKey, "etcd-keyfile", o.etcdKey, "Key of the client certificate for etcd.")
	f.DurationVar(&o.etcdCompaction, "etcd-compaction-interval", o.etcdCompaction, "How often old revisions are thrown away; 0 leaves that to others.")
	o.etcd.register(f)
	f.StringVar(&o.mediaType, "storage-media-type", o.mediaType, "Form in which built-in kinds are stored; only "+storageMediaType+".")

	f = s.in("secure serving")
	f.IPVar(&o.bindAddress, "bind-address", o.bindAddress, "Address to serve HTTPS at.")
	f.IntVar(&o.securePort, "secure-port", o.securePort, "Port to serve HTTPS at; 0 takes a free one.")
	f.StringVar(&o.certDir, "cert-dir", o.certDir, "Folder of certificates that the server makes for itself, and of a serving certificate that is there already (apiserver.crt and apiserver.key); <data-dir>/pki when empty. Without any folder they are kept in memory.")
	f.StringVar(&o.tlsCertFile, "tls-cert-file", o.tlsCertFile, "Serving certificate, followed by those of its authorities; made when empty.")
	f.StringVar(&o.tlsKeyFile, "tls-private-key-file", o.tlsKeyFile, "Key of --tls-cert-file.")
	f.StringArrayVar(&o.sniCerts, "tls-sni-cert-key", o.sniCerts, "Another serving certificate, for clients that ask for its names, as certificate,key or certificate,key:name,*.name; may be repeated.")
	f.StringVar(&o.tlsMinVersion, "tls-min-version", o.tlsMinVersion, "Oldest TLS version taken: VersionTLS12 (the default) or VersionTLS13.")
	f.StringSliceVar(&o.tlsCipherSuites, "tls-cipher-suites", o.tlsCipherSuites, "Cipher suites of TLS 1.2, by Go's names; Go's choice when empty.")
	f.BoolVar(&o.noHTTP2, "disable-http2-serving", o.noHTTP2, "Serve HTTP/1.1 only.")
	f.IntVar(&o.maxStreams, "http2-max-streams-per-connection", o.maxStreams, "How many requests a client may have under way on one connection; 0 for 250.")

	f = s.in("insecure serving")
	f.IntVar(&o.insecurePort, "insecure-port", o.insecurePort, "Port on the loopback interface at which every local process may do everything over plain HTTP (the original's was 8080); 0 for none.")
	f.IPVar(&o.insecureBindAddress, "insecure-bind-address", o.insecureBindAddress, "Loopback address of --insecure-port.")
	o.registerAccess(s)
}

func (o *options) registerAccess(s *flagSets) {
	o.audit.register(s)

	f := s.in("authentication")
	f.BoolVar(&o.anonymous, "anonymous-auth", o.anonymous, "Take requests without credentials as those of system:anonymous.")
	f.StringVar(&o.clientCAFile, "client-ca-file", o.clientCAFile, "Authorities of client certificates, beside the server's own.")
	f.StringVar(&o.tokenFile, "token-auth-file", o.tokenFile, "CSV file of static bearer tokens: token, user name, uid, \"groups\".")
	f.StringVar(&o.basicFile, "basic-auth-file", o.basicFile, "CSV file of names and passwords for HTTP basic authentication: password, user name, uid, \"groups\".")
	o.proxy.register(s)
	o.serviceAccounts.register(s)
	o.tokens.register(s)
	o.oidc.register(s)

	o.authorization.register(s)
	o.admission.register(s)

	f = s.in("API enablement")
	f.StringToStringVar(&o.runtimeConfig, "runtime-config", o.runtimeConfig, "Group-versions to serve or not: apps/v1=false, api/all=true, api/ga, api/beta, api/alpha.")
	f.StringArrayVar(&o.featureGates, "feature-gates", o.featureGates, "Feature gates to switch: Name=true,Other=false. What they are is in kubernetes_feature_enabled of /metrics.")
	f.BoolVar(&o.swaggerUI, "enable-swagger-ui", o.swaggerUI, "Show the API in the browser at /swagger-ui. On when the server is started without any flag.")

	f = s.in("misc")
	f.StringSliceVar(&o.controllers, "controllers", []string{"*"}, "The server's own controllers, by the controller-manager's names: * for all, -name for all but one. They give namespaces their default service account and kube-root-ca.crt. None beside an external etcd unless named: a controller-manager is likely to be there.")
	f.DurationVar(&o.eventTTL, "event-ttl", o.eventTTL, "How long events are kept.")
	f.StringVar(&o.serviceCIDRs, "service-cluster-ip-range", o.serviceCIDRs, "Range of the addresses of services; a second one of the other family after a comma.")
	f.StringVar(&o.serviceNodePorts, "service-node-port-range", o.serviceNodePorts, "Range of node ports.")

	f = s.in("logs")
	f.IntVarP(&o.verbosity, "v", "v", o.verbosity, "How much is logged: 0 warnings, 2 what is worth knowing, 4 what clients do wrong, too.")
	s.in("global").BoolVar(&o.version, "version", o.version, "Print the version and end.")
}

// complete derives what was not said.
func (o *options) complete(set *pflag.FlagSet) {
	if len(o.etcdServers) > 0 && !set.Changed("controllers") {
		o.controllers = nil
	}
	o.etcdPrefix = etcdRoot(o.etcdPrefix)
	// Beside an external etcd nothing needs a folder, and none is made unless it is named.
	if len(o.etcdServers) > 0 && !set.Changed("data-dir") {
		o.dataDir = ""
	}
	if o.certDir == "" && o.dataDir != "" {
		o.certDir = filepath.Join(o.dataDir, "pki")
	}
	if o.externalHostname == "" {
		if name, err := os.Hostname(); err == nil {
			o.externalHostname = name
		}
	}
}

// validate finds everything that is wrong, so that one start tells all of it.
func (o *options) validate(set *pflag.FlagSet) error {
	var faults []string
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	if o.dataDir == "" && len(o.etcdServers) == 0 {
		fault("--data-dir must name a folder")
	}
	if o.securePort < 0 || o.securePort > 65535 {
		fault("--secure-port %v must be between 0 and 65535, inclusive. 0 for a free port", o.securePort)
	}
	if o.insecurePort < 0 || o.insecurePort > 65535 {
		fault("--insecure-port %v must be between 0 and 65535, inclusive. 0 for none", o.insecurePort)
	}
	if o.insecurePort != 0 && !o.insecureBindAddress.IsLoopback() {
		fault("--insecure-bind-address %v is not a loopback address: whoever reaches the insecure port may do everything", o.insecureBindAddress)
	}
	if o.maxStreams < 0 {
		fault("--http2-max-streams-per-connection can not be negative value")
	}
	if o.goawayChance < 0 || o.goawayChance > 0.02 {
		fault("--goaway-chance can not be less than 0 or greater than 0.02")
	}
	if (o.tlsCertFile == "") != (o.tlsKeyFile == "") {
		fault("--tls-cert-file and --tls-private-key-file belong together")
	}
	if len(o.etcdServers) > 0 && (set.Changed("unsafe-no-fsync") || set.Changed("etcd-listen-client")) {
		fault("--unsafe-no-fsync and --etcd-listen-client are for the embedded etcd, not for --etcd-servers")
	}
	if o.mediaType != storageMediaType {
		fault("--storage-media-type %q: only %s is stored", o.mediaType, storageMediaType)
	}
	o.etcd.validate(set, fault)
	if o.minRequestTimeout < 0 {
		fault("--min-request-timeout can not be negative value")
	}
	if o.inflight.Reads < 0 {
		fault("--max-requests-inflight can not be negative value")
	}
	if o.inflight.Writes < 0 {
		fault("--max-mutating-requests-inflight can not be negative value")
	}
	if o.requestTimeout <= 0 {
		fault("--request-timeout must be above zero")
	}
	var err error
	if o.features, err = features.Parse(o.featureGates); err != nil {
		fault("%v", err)
	}
	o.proxy.validate(o, fault)
	o.serviceAccounts.validate(fault)
	o.anonymousGiven = set.Changed("anonymous-auth")
	o.oidc.validate(set, fault)
	o.audit.validate(fault)
	if _, err := controllers.Enabled(o.controllers); err != nil {
		fault("--controllers: %v", err)
	}
	o.authorization.validate(set, fault)
	o.admission.validate(fault)
	if set.Changed("encryption-provider-config") {
		fault("--encryption-provider-config: encryption at rest is not part of this version, and what was to be encrypted must not be stored in the clear")
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	return nil
}

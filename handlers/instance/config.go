package instance

import (
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/modes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Config is what a server is started with. Begin with Default: most settings have no meaning when they are left empty.
// Errors name settings by their flags, which is what operators know them by.
type Config struct {
	// Log takes what operators should know; nil discards it.
	Log            *slog.Logger
	Storage        Storage
	Serving        Serving
	Requests       Requests
	Authentication Authentication
	Authorization  Authorization
	Audit          Audit
	Admission      admission.Selection
	Aggregation    Aggregation
	Cluster        Cluster
	// Versions are the group-versions to serve or not, with true or false: apps/v1, api/all, api/ga, api/beta, api/alpha.
	Versions map[string]string
	// Features are the feature gates; nil has them as they are by default.
	Features *features.Features
	// SwaggerUI serves the API for browsers at /swagger-ui.
	SwaggerUI bool
	// LiveGrace is for how long /livez takes what has not finished starting for healthy.
	LiveGrace time.Duration
	// Checks are on all health pages, beside the server's own.
	Checks []health.Check
}

// Serving says where the server is reached and what it shows itself with.
type Serving struct {
	// Address and Port are where HTTPS is served; port 0 is a free one.
	Address net.IP
	Port    int
	// InsecurePort is served at a loopback address, where every local process may do everything; 0 for none.
	InsecureAddress net.IP
	InsecurePort    int
	// AdvertiseAddress is where members of the cluster reach this server; nil for a good guess.
	AdvertiseAddress net.IP
	// Endpoints says who keeps the endpoints of the service kubernetes: lease, master-count or none. Servers is how many there are
	// with master-count, ServiceNodePort a port that the service has on every node, 0 for none.
	Endpoints                string
	Servers, ServiceNodePort int
	// ExternalHostname is what clients outside of the cluster use.
	ExternalHostname string

	// CertDir is the folder of the keys and certificates that the server makes for itself. Empty keeps them in memory.
	CertDir string
	// Kubeconfig is the file that the administrator's kubeconfig is written to; empty for none.
	Kubeconfig string
	// CertFile and KeyFile are the serving certificate; made when empty.
	CertFile, KeyFile string
	// SNI are further certificates, for clients that ask for their names.
	SNI []SNI
	// MinTLS is the oldest version of TLS, CipherSuites are those of TLS 1.2; 0 and nil are Go's choice, but at least 1.2.
	MinTLS       uint16
	CipherSuites []uint16
	// Curves are the key exchanges; nil is Go's choice.
	Curves []tls.CurveID
	// SharePort lets other servers serve at the same port.
	SharePort bool
	// CORS are regular expressions of the origins of pages whose requests browsers let pass. HSTS are the directives by which
	// browsers are told to use HTTPS.
	CORS, HSTS []string

	// NoHTTP2 serves HTTP/1.1 only. MaxStreams is how many requests a connection may have under way, 0 for 250. LeaveChance is
	// the chance with which a request makes its client open a new connection.
	NoHTTP2     bool
	MaxStreams  int
	LeaveChance float64
}

// SNI is a certificate for names; for those in it when none are given.
type SNI struct {
	CertFile, KeyFile string
	Names             []string
}

// Requests says how long requests may take.
type Requests struct {
	// Limit bounds an ordinary one, MinWatch is the least time that a watch lasts.
	Limit, MinWatch time.Duration
	// Inflight limits how many ordinary ones may be under way.
	Inflight pipeline.Inflight
	// CloseDelay is how long the server goes on serving after it was told to close, while /readyz already says no.
	CloseDelay time.Duration
}

// Aggregation says how the group-versions of other API servers are reached.
type Aggregation struct {
	// CertFile and KeyFile are what those servers know this one by; without both they are not told who a user is.
	CertFile, KeyFile string
	// Endpoints has requests go to the endpoints of services and not to their addresses. ForwardRedirects hands redirects of other
	// servers to clients, instead of refusing them.
	Endpoints, ForwardRedirects bool
}

// Cluster is what the server gives to objects, and does for them.
type Cluster struct {
	// ServiceCIDRs are the ranges of the addresses of services, separated by a comma; NodePorts is the range of their ports.
	ServiceCIDRs, NodePorts string
	EventTTL                time.Duration
	// AllowPrivileged lets pods have privileged containers.
	AllowPrivileged bool
	// Controllers are the server's own controllers that run, as the controller-manager's flag says it.
	Controllers []string
}

// Default is a complete server with Node and RBAC authorization, without a store. It serves at a free port of the loopback
// interface and keeps its keys in memory.
func Default() Config {
	return Config{
		Storage:  Storage{Prefix: storage.DefaultRoot, CompactInterval: 5 * time.Minute, HealthTimeout: 2 * time.Second, ReadyTimeout: 2 * time.Second, LeaseReuse: time.Minute},
		Serving:  Serving{Address: net.IPv4(127, 0, 0, 1), InsecureAddress: net.IPv4(127, 0, 0, 1), Endpoints: presence.Lease, Servers: 1},
		Requests: Requests{Limit: time.Minute, MinWatch: 30 * time.Minute, Inflight: pipeline.Inflight{Reads: 400, Writes: 200}},
		Authentication: Authentication{
			Anonymous:       true,
			ServiceAccounts: ServiceAccounts{Lookup: true, Extend: true},
			Webhook:         TokenWebhook{Version: "v1beta1", TTL: 2 * time.Minute},
			OIDC:            OIDC{UsernameClaim: "sub", Algorithms: []string{"RS256"}},
		},
		Authorization: Authorization{Flags: modes.Flags{
			Modes: []string{modes.Node, modes.RBAC}, WebhookVersion: "v1beta1", Authorized: 5 * time.Minute, Unauthorized: 30 * time.Second,
		}},
		Audit:   defaultAudit(),
		Cluster: Cluster{ServiceCIDRs: "10.0.0.0/24", NodePorts: "30000-32767", EventTTL: time.Hour, Controllers: []string{"*"}},
	}
}

func (c *Config) serviceCIDRs() []string { return strings.Split(c.Cluster.ServiceCIDRs, ",") }

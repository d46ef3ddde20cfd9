// Package handlers is the API server as a library: it joins the parts below it and serves HTTP. It holds wiring only: what
// concerns one kind is in handlers/kinds.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/bootstrap"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/emptying"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/definitions"
	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/verb"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// Options are what a Server is made of.
type Options struct {
	// Store keeps the objects. The caller closes it after the server. Mandatory.
	Store *cache.Cache
	// Indexer is what Store reads the attributes of objects with, which the server tells of its resources; nil for a store
	// that has another.
	Indexer *codec.Indexer
	// Authenticator finds the user of a request. Mandatory.
	Authenticator authn.Authenticator
	// Authorizer authorizes requests. Mandatory.
	Authorizer authz.Authorizer
	// Roles are the roles and bindings of Store, which the server fills in and follows; nil makes an index that only fills
	// in. Give the one that is part of Authorizer.
	Roles *rbac.Authorizer
	// Followers run from Start to Close; Start waits until they are ready.
	Followers []Follower
	// Log takes what operators should know; nil discards it.
	Log *slog.Logger
	// Served says whether a row is served; nil serves those that are on by default.
	Served func(resources.Row) bool
	// Health gets the server's checks; nil makes a registry of its own.
	Health *health.Registry
	// HealthTimeout and ReadyTimeout are how long /livez and /readyz wait for the store; 0 means upstream's two seconds.
	HealthTimeout, ReadyTimeout time.Duration
	// Address is the host:port that discovery tells clients inside the cluster to use.
	Address string
	// RequestLimit bounds ordinary requests; 0 means a minute, upstream's default.
	RequestLimit time.Duration
	// Inflight limits the ordinary requests under way; its zero value does not.
	Inflight pipeline.Inflight
	// MinWatch is the least time a watch lasts; 0 means half an hour, upstream's default.
	MinWatch time.Duration
	// ServiceCIDRs and NodePorts are what services are given; see kind.Deps.
	ServiceCIDRs []string
	NodePorts    string
	// EventTTL is how long events are kept; 0 means as the model says, an hour.
	EventTTL time.Duration
	// SwaggerUI serves /swagger-ui.
	SwaggerUI bool
	// AllowPrivileged lets pods have privileged containers.
	AllowPrivileged bool
	// Aggregation says how the group-versions of other servers are reached.
	Aggregation Aggregation
	// Admission says which admission plugins run; the zero value has those that are on by default.
	Admission admission.Selection
	// Tokens makes service accounts' tokens, TokenOwners tells whom tokens belong to, Audiences are the server's own; see
	// kind.Deps.
	Tokens      *serviceaccount.Issuer
	TokenOwners authn.Tokens
	// Used notes on service accounts' secrets when they were used; nil notes nothing.
	Used      *serviceaccount.Lookup
	Audiences []string
	// OpenID are the pages about the issuer of service accounts' tokens; nil for none.
	OpenID http.Handler
	// SharedStore says that other servers may write to Store, so that a controller has to expect their writes.
	SharedStore bool
	// Controllers says which of the server's own controllers run, as the controller-manager's flag does; none when empty.
	// RootCA is what they publish for clients to check the server with. NamespaceGrace is how long they leave a deleted namespace
	// alone; 0 means upstream's five seconds.
	Controllers    []string
	RootCA         []byte
	NamespaceGrace time.Duration
	// Advertised is what the server says of itself in the cluster; nil for a server that says nothing and has no service
	// kubernetes.
	Advertised *presence.Advertised
	// Authentication is what other API servers of the cluster are told of whom this one believes; nil tells them nothing.
	Authentication func() controllers.Authentication
	// Auditor tells of every request; nil tells of none. The caller closes its sink after the last request.
	Auditor *audit.Auditor
	// ProxyHeaders are those that name users for Authenticator, beside the standard ones; requests lose them.
	ProxyHeaders authn.ProxyHeaders
	// Features are the feature gates; nil has them as they are by default.
	Features *features.Features
	// Metrics are the server's numbers; nil makes some of its own. Give those that count the requests to the store.
	Metrics *metrics.Metrics
}

func (o *Options) complete() error {
	if o.Store == nil || o.Authenticator == nil || o.Authorizer == nil {
		return errors.New("a server needs a store, an authenticator and an authorizer")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Roles == nil {
		o.Roles = rbac.New(o.Store, o.Log)
	}
	if o.Served == nil {
		o.Served = func(row resources.Row) bool { return row.Enabled }
	}
	if o.Health == nil {
		o.Health = &health.Registry{}
	}
	if o.Metrics == nil {
		o.Metrics = metrics.New(docs.Info())
	}
	if o.HealthTimeout == 0 {
		o.HealthTimeout = storeTimeout
	}
	if o.ReadyTimeout == 0 {
		o.ReadyTimeout = storeTimeout
	}
	if o.RequestLimit == 0 {
		o.RequestLimit = time.Minute
	}
	if o.NamespaceGrace == 0 {
		o.NamespaceGrace = emptying.DefaultGrace
	}
	if o.MinWatch == 0 {
		o.MinWatch = 30 * time.Minute
	}
	return nil
}

// Server answers the requests of the Kubernetes API. It is an http.Handler and safe for concurrent use.
type Server struct {
	options  Options
	registry *resource.Registry
	objects  *resource.Objects
	writer   *write.Writer
	// charger charges quotas, for the admission plugin and the controller of usage.
	charger *resourcequota.Charger
	verbs   *verb.Handlers
	// definitions has the resources that come and go with the objects that define them.
	definitions *definitions.Manager
	// guarded answers a request that has passed the whole chain, open one that only passed what comes before access.
	guarded, open pipeline.Handler
	pages         pages
	handler       http.Handler

	followers *followers
	cidr      *bootstrap.ServiceCIDR
	// deps are what the kinds work with.
	deps kind.Deps
	// leaving is closed when the server is no longer ready, because it is about to close.
	leaving   chan struct{}
	leaveOnce sync.Once
	closeOnce sync.Once
}

// New joins the parts. It reads and writes nothing; Start does.
func New(o Options) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Server{options: o, leaving: make(chan struct{})}
	s.objects = &resource.Objects{Store: o.Store}
	s.writer = &write.Writer{Store: o.Store, Authorizer: o.Authorizer, Now: time.Now}
	var err error
	if s.writer.Admission, err = newAdmission(s); err != nil {
		return nil, err
	}
	if o.Used != nil {
		o.Used.WriteThrough(s.writer.Own())
	}
	s.verbs = &verb.Handlers{
		Store: o.Store, Writer: s.writer, Now: time.Now, MinWatch: o.MinWatch,
		Meter: func(r *resource.Resource) verb.Meter { return o.Metrics.Reads(r.GVR()) },
	}
	s.definitions = definitions.New(definitions.Options{Store: o.Store, Log: o.Log})
	deps := kind.Deps{
		Objects: s.objects, Store: o.Store, Write: s.writer.Own(), ServiceCIDRs: o.ServiceCIDRs, NodePorts: o.NodePorts,
		Tokens: o.Tokens, TokenOwners: o.TokenOwners, Audiences: o.Audiences, Authorizer: o.Authorizer,
		Features: o.Features, Log: o.Log, AllowPrivileged: o.AllowPrivileged, Definitions: s.definitions,
	}
	all, err := builtins(kinds.Strategies(deps), o.Features, rows(&o))
	if err != nil {
		return nil, fmt.Errorf("joining the resources: %w", err)
	}
	s.registry = resource.NewRegistry(all)
	s.registry.Observe(s.forget)
	if o.Indexer != nil {
		o.Indexer.Follow(s.registry)
	}
	s.objects.Registry, s.writer.Registry = s.registry, s.registry
	s.definitions.Serve(s.registry, s.objects, s.writer.Own())
	s.cidr = &bootstrap.ServiceCIDR{Objects: s.objects, Writer: s.writer.Own(), Apply: s.writer.OwnApply, CIDRs: o.ServiceCIDRs, Now: time.Now, Log: o.Log}
	s.deps = deps
	if s.followers, err = newFollowers(s); err != nil {
		return nil, err
	}
	o.Metrics.Observe(metrics.Sources{Queues: s.queues,
		Stored: s.stored, Cache: o.Store.Stats, Size: o.Store.Size, Audited: o.Auditor.Counts, Features: o.Features,
		Served: func(gvr schema.GroupVersionResource) bool { return s.registry.Get(gvr) != nil }})
	page := func(path string) string { page, _ := s.pages.find(path); return page }
	stages := chain(chainOptions{
		log: o.Log, requestLimit: o.RequestLimit, authenticator: o.Metrics.Authenticator(o.Authenticator), proxyHeaders: o.ProxyHeaders,
		auditor: o.Auditor, authorizer: o.Authorizer, constrained: o.Features.Enabled("ConstrainedImpersonation"), decider: o.Metrics.Authorizer(o.Authorizer),
		expired: s.terminated(http.StatusGatewayTimeout, page), inflight: o.Inflight, refused: s.terminated(http.StatusTooManyRequests, page),
		find: s.find, measure: o.Metrics.Measure(page),
	})
	s.guarded, s.open = through(stages, s.answer), through(beforeAccess(stages), s.answer)
	if s.pages, err = newPages(s); err != nil {
		return nil, err
	}
	s.handler = newRouter(s.serve)
	return s, nil
}

// slowestFurnish is how long Start waits at most before it tries again.
const slowestFurnish = 5 * time.Second

// Start creates what a cluster has from its first moment. The server is ready when it returns nil. A store that refuses
// writes, or holds a role that cannot be read, must be mended while the server runs, so Start tries until ctx ends; what
// follows the store does so meanwhile.
func (s *Server) Start(ctx context.Context) error {
	// Before there are followers, which would only get an event for each object.
	err := s.furnish(ctx)
	if ctx.Err() == nil {
		s.followers.begin(ctx)
	}
	for pause := 100 * time.Millisecond; err != nil; pause = min(2*pause, slowestFurnish) {
		s.options.Log.Warn("creating what a cluster begins with failed, trying again", "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			err = s.furnish(ctx)
		}
	}
	return s.followers.wait(ctx)
}

func (s *Server) furnish(ctx context.Context) error {
	// At once: writes that wait together share one sync of the disk.
	var classes, cidr error
	var others sync.WaitGroup
	others.Go(func() { classes = bootstrap.PriorityClasses(ctx, s.objects, s.writer.Own()) })
	if s.options.Advertised != nil {
		others.Go(func() { cidr = s.cidr.Sync(ctx) })
	}
	err := errors.Join(bootstrap.Namespaces(ctx, s.objects, s.writer.Own()), bootstrap.RBAC(ctx, s.objects, s.writer.Own()))
	others.Wait()
	return errors.Join(err, classes, cidr)
}

// Leave makes /readyz say no, so that load balancers look elsewhere. Everything is served as before.
func (s *Server) Leave() { s.leaveOnce.Do(func() { close(s.leaving) }) }

// Close ends all watches, so that the connections of their clients can drain, and what runs beside the requests. Other
// requests go on; they are decided on the roles of this moment.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.Leave()
		s.verbs.EndWatches()
		s.followers.end()
		if err := s.writer.Admission.Close(); err != nil {
			s.options.Log.Warn("closing admission failed", "error", err)
		}
	})
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions { // which echo would answer by itself, before authentication
		s.serve(w, r, pipeline.ParseInfo(r.Method, r.URL.Path))
		return
	}
	s.handler.ServeHTTP(w, r)
}

// serve takes a request through the chain to its verb or its page.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, info pipeline.Info) {
	if info.IsResource && !s.options.Features.Enabled("APIResponseCompression") {
		r.Header.Del("Accept-Encoding")
	}
	request := pipeline.NewRequest(w, r, info)
	handle := s.guarded
	if isUserInterface(info) {
		handle = s.open
	}
	pipeline.Serve(request, handle, s.options.Log)
}

// find is the stage that looks up the resource, or leaves it nil. One that is not known may have just been defined through
// another server.
func (s *Server) find(next pipeline.Handler) pipeline.Handler {
	return func(r *pipeline.Request) error {
		s.lookUp(r)
		if r.Resource == nil && r.Info.IsResource && s.elsewhere(&r.Info) == nil {
			if err := s.definitions.Find(r.Context(), schema.GroupResource{Group: r.Info.Group, Resource: r.Info.Resource}); err != nil {
				return err
			}
			s.lookUp(r)
		}
		return next(r)
	}
}

func (s *Server) lookUp(r *pipeline.Request) {
	if r.Info.IsResource {
		gvr := schema.GroupVersionResource{Group: r.Info.Group, Version: r.Info.Version, Resource: r.Info.Resource}
		r.Resource = s.registry.Subresource(gvr, r.Info.Subresource)
	}
}

// terminated counts requests that the server ends in self-defense, with a code. Their resource has not been looked up yet.
func (s *Server) terminated(code int, page func(string) string) func(*pipeline.Request) {
	return func(r *pipeline.Request) {
		s.lookUp(r)
		s.options.Metrics.Terminated(r, page, code)
	}
}

// Package instance runs API servers: it joins a store, access, the API and ports to one that is started and closed. Any number
// may run in one process, at the same time. Nothing here is shared between them, ends the process, or takes its signals.
package instance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// drainTime is how long requests under way may take after the server was told to close; connections that are still open then
// are cut.
const drainTime = 1500 * time.Millisecond

// Instance is a server that serves. It ends with Close, or when its store or a port fails; Done tells of both.
type Instance struct {
	config  Config
	log     *slog.Logger
	certs   *certificates
	store   *store
	auditor *audit.Auditor
	server  *handlers.Server
	ports   listeners
	// life is that of connections to others, which end last.
	life context.Context
	end  context.CancelFunc

	closing  chan struct{}
	tell     sync.Once
	patience context.Context // set before closing is closed
	done     chan struct{}
	// err is why the server ended, closeErr what failed while it was taken down. They are set before done is closed.
	err, closeErr error
}

// Start brings a server up and returns when it is ready. A store that does not answer, or refuses writes, keeps Start waiting
// until ctx ends; the health pages answer meanwhile. Nothing is left of a server that does not come up.
func Start(ctx context.Context, c Config) (*Instance, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	i := &Instance{config: c, log: c.Log, ports: listeners{log: c.Log}, closing: make(chan struct{}), done: make(chan struct{})}
	i.life, i.end = context.WithCancel(context.Background())
	if err := i.bringUp(ctx); err != nil {
		if closeErr := i.takeDown(); closeErr != nil {
			i.log.Error("closing what was brought up", "error", closeErr)
		}
		return nil, err
	}
	go i.run()
	return i, nil
}

// bringUp fills in the parts, in the order in which they need each other.
func (i *Instance) bringUp(ctx context.Context) error {
	numbers := metrics.New(docs.Info())
	if err := i.open(ctx, numbers); err != nil {
		return err
	}
	checks, started, err := startChecks(i.config.Checks, i.config.LiveGrace)
	if err != nil {
		return err
	}
	if i.auditor, err = i.config.Audit.open(i.log); err != nil {
		return err
	}
	if err := i.ports.open(&i.config.Serving); err != nil {
		return err
	}
	i.config.Serving.Port = i.ports.secure.Addr().(*net.TCPAddr).Port
	if i.server, err = i.newServer(checks, numbers); err != nil {
		return err
	}
	if err := i.ports.serve(&i.config.Serving, i.certs, i.server); err != nil {
		return err
	}
	if err := i.begin(ctx); err != nil {
		return err
	}
	for _, done := range started {
		done()
	}
	if path := i.config.Serving.Kubeconfig; path != "" {
		return pki.WriteKubeconfig(path, i.URL(), i.certs.authority, adminName, i.certs.admin)
	}
	return nil
}

// open opens the store. Keys are made meanwhile: both take their time and neither needs the other.
func (i *Instance) open(ctx context.Context, numbers *metrics.Metrics) error {
	if err := i.config.checkFolders(i.log); err != nil {
		return err
	}
	made := make(chan error, 1)
	go func() {
		var err error
		i.certs, err = newCertificates(&i.config, i.log)
		made <- err
	}()
	var err error
	i.store, err = i.config.Storage.openStore(ctx, numbers, i.log)
	if certsErr := <-made; err == nil {
		err = certsErr // one is enough: it is mostly the folder, which neither can use
	}
	return err
}

// begin creates what a cluster begins with. A store or port that fails meanwhile ends the waiting.
func (i *Instance) begin(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ready := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case err := <-i.ports.failed:
			cancel(err)
		case err := <-i.store.failed:
			cancel(err)
		case <-ready:
		case <-ctx.Done():
		}
	})
	err := i.server.Start(ctx)
	close(ready)
	watching.Wait()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return fmt.Errorf("creating what a cluster begins with: %w", err)
}

// startChecks are the checks that pass once the server has started, and the others that are given.
func startChecks(others []health.Check, grace time.Duration) (checks *health.Registry, started []func(), err error) {
	checks = &health.Registry{LiveGrace: grace}
	for _, c := range others {
		if err := checks.Add(health.All, c); err != nil {
			return nil, nil, fmt.Errorf("health check %s: %w", c.Name, err)
		}
	}
	for _, name := range []string{"start-system-namespaces-controller", "rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes", "start-kubernetes-service-cidr-controller",
		"bootstrap-controller", "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector"} {
		done, err := checks.Hook(name)
		if err != nil {
			return nil, nil, err
		}
		started = append(started, done)
	}
	return checks, started, nil
}

func (i *Instance) newServer(checks *health.Registry, numbers *metrics.Metrics) (*handlers.Server, error) {
	c := &i.config
	served, err := servedRows(c.Versions)
	if err != nil {
		return nil, err
	}
	access, err := c.authenticator(i.life, i.certs, i.store, i.log)
	if err != nil {
		return nil, err
	}
	decides, err := c.Authorization.authorizer(i.life, i.store, i.log)
	if err != nil {
		return nil, err
	}
	aggregation, err := c.Aggregation.open(i.log)
	if err != nil {
		return nil, err
	}
	return handlers.New(handlers.Options{
		Store: i.store.Cache, Indexer: &i.store.indexer, Log: i.log, Metrics: numbers, Health: checks, HealthTimeout: c.Storage.HealthTimeout, ReadyTimeout: c.Storage.ReadyTimeout,
		Authenticator: access.requests, Tokens: access.accounts.issuer, TokenOwners: access.tokens, Used: access.accounts.lookup, Audiences: access.accounts.audiences,
		OpenID: access.accounts.pages, ProxyHeaders: c.Authentication.Proxy.Headers, Authentication: i.certs.told(&c.Authentication.Proxy),
		Authorizer: decides.authorizer, Roles: decides.roles, Followers: decides.followers, Auditor: i.auditor, Admission: c.Admission, Aggregation: aggregation,
		Served: served, Features: c.Features, SwaggerUI: c.SwaggerUI, Address: net.JoinHostPort(i.certs.address, strconv.Itoa(c.Serving.Port)),
		RequestLimit: c.Requests.Limit, Inflight: c.Requests.Inflight, MinWatch: c.Requests.MinWatch, ServiceCIDRs: c.serviceCIDRs(), NodePorts: c.Cluster.NodePorts,
		EventTTL: c.Cluster.EventTTL, AllowPrivileged: c.Cluster.AllowPrivileged, Controllers: c.Cluster.Controllers, SharedStore: c.Storage.shared(), RootCA: i.certs.authority, Advertised: i.advertised(),
	})
}

// run waits for what ends the server and takes it down.
func (i *Instance) run() {
	defer close(i.done)
	select {
	case i.err = <-i.ports.failed:
	case i.err = <-i.store.failed:
	case <-i.closing:
		i.closeErr = i.drain()
	}
	if i.err != nil {
		i.log.Error("the server ends", "error", i.err)
	}
	i.closeErr = errors.Join(i.closeErr, i.takeDown())
}

// drain lets the requests under way end. The watches go first: clients come again at another server.
func (i *Instance) drain() error {
	i.server.Leave()
	select {
	case <-time.After(i.config.Requests.CloseDelay):
	case <-i.patience.Done():
	}
	i.log.Info("shutting down")
	i.server.Close()
	ctx, cancel := context.WithTimeout(i.patience, drainTime)
	defer cancel()
	return i.ports.drain(ctx)
}

// takeDown closes what bringUp has opened, as far as that came, in the opposite order: the store last, so that every answered
// write is stored.
func (i *Instance) takeDown() error {
	i.ports.close()
	if i.server != nil {
		i.server.Close()
	}
	if i.auditor != nil {
		i.auditor.Sink.Close() // after the last request
	}
	i.end()
	if i.store == nil {
		return nil
	}
	if err := i.store.Close(); err != nil {
		return fmt.Errorf("closing the store: %w", err)
	}
	return nil
}

// Close takes the server down and returns when nothing of it is left: watches end, requests under way may end for a moment, and
// the store is closed last. When ctx ends before, connections are cut at once. Closing again waits for the same end.
func (i *Instance) Close(ctx context.Context) error {
	i.tell.Do(func() {
		i.patience = ctx
		close(i.closing)
	})
	<-i.done
	return i.closeErr
}

// Done is closed when the server has ended, by Close or by itself.
func (i *Instance) Done() <-chan struct{} { return i.done }

// Err is why the server ended by itself; nil while it runs and when it was closed.
func (i *Instance) Err() error {
	select {
	case <-i.done:
		return i.err
	default:
		return nil
	}
}

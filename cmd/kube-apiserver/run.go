package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/h1"
	"github.com/gatehouse-dev/gatehouse/handlers/h2"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/loopback"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// drainTime is how long requests under way may take after the server was told to end; connections that are still open
// then are cut.
const drainTime = 1500 * time.Millisecond

// run brings the server up, serves until ctx ends, and takes it down in the opposite order: first the watches, then the
// requests, last the store, so that every answered write is stored.
func run(ctx context.Context, o *options, logs *health.LogWriter, log *slog.Logger, out io.Writer) error {
	// Keys are made while etcd starts: both take their time and neither needs the other.
	made := make(chan error, 1)
	var certs *certificates
	go func() {
		var err error
		certs, err = newCertificates(o, log)
		made <- err
	}()
	numbers := metrics.New(docs.Info())
	store, err := openStore(ctx, o, numbers, log)
	if certsErr := <-made; err == nil {
		err = certsErr // one is enough: it is mostly the folder, which neither can use
	}
	if store != nil {
		defer func() {
			if err := store.Close(); err != nil {
				log.Error("closing the store", "error", err)
			}
		}()
	}
	if err != nil {
		return err
	}
	checks := &health.Registry{}
	auditor, err := o.audit.open(log)
	if err != nil {
		return err
	}
	if auditor != nil {
		defer auditor.Sink.Close() // after the last request, which the listeners below see to
	}
	server, err := newServer(o, store, certs, checks, auditor, numbers, log)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := checks.Add(health.All, logs.Check()); err != nil {
		return err
	}
	var started []func()
	for _, name := range []string{"start-system-namespaces-controller", "rbac/bootstrap-roles"} {
		done, err := checks.Hook(name)
		if err != nil {
			return err
		}
		started = append(started, done)
	}
	l := &listeners{log: log}
	if err := l.open(o, certs, server); err != nil {
		return err
	}
	defer l.close()
	if err := server.Start(ctx); err != nil {
		return fmt.Errorf("creating what a cluster begins with: %w", err)
	}
	for _, done := range started {
		done()
	}
	if err := announce(o, certs, l.secure.Addr(), out); err != nil {
		return err
	}
	// Reading the store leaves more garbage than what is kept of it, and the runtime would hold that ready for a heap that
	// does not grow so large again.
	go debug.FreeOSMemory()
	select {
	case err := <-l.failed:
		return err
	case <-ctx.Done():
	}
	time.Sleep(o.shutdownDelay)
	log.Info("shutting down")
	server.Close()
	return l.drain()
}

// openStore puts the cache in front of the store. It loads while the rest of the server comes up.
func openStore(ctx context.Context, o *options, numbers *metrics.Metrics, log *slog.Logger) (*cache.Cache, error) {
	backend, err := openBackend(ctx, o, numbers, log)
	if err != nil {
		return nil, err
	}
	return cache.New(numbers.Store(backend), cache.Options{Attributes: codec.Attributes, Owners: codec.Owners, Handed: numbers.Handed, Logger: log}), nil
}

// openBackend opens the embedded etcd or connects to the external one.
func openBackend(ctx context.Context, o *options, numbers *metrics.Metrics, log *slog.Logger) (storage.Feeder, error) {
	common := etcd.Options{Prefix: o.etcdPrefix, CompactInterval: o.etcdCompaction, Logger: log, Leased: numbers.Leased,
		LeaseReuse: time.Duration(o.etcd.leaseReuse) * time.Second}
	if len(o.etcdServers) > 0 {
		store, err := etcd.Dial(etcd.Target{Servers: o.etcdServers, CertFile: o.etcdCert, KeyFile: o.etcdKey, CAFile: o.etcdCAFile}, common)
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	store, err := embedded.Open(ctx, embedded.Options{
		DataDir: filepath.Join(o.dataDir, "etcd"), UnsafeNoFsync: o.unsafeNoFsync, Listen: o.etcdListen, Store: common,
	})
	if err != nil {
		return nil, err
	}
	return store, nil
}

func newServer(o *options, store *cache.Cache, certs *certificates, checks *health.Registry, auditor *audit.Auditor, numbers *metrics.Metrics, log *slog.Logger) (*handlers.Server, error) {
	served, err := servedRows(o.runtimeConfig)
	if err != nil {
		return nil, err
	}
	access, err := o.authenticator(certs, store, log)
	if err != nil {
		return nil, err
	}
	decides, err := o.authorization.authorizer(store, log)
	if err != nil {
		return nil, err
	}
	return handlers.New(handlers.Options{
		Metrics: numbers, HealthTimeout: o.etcd.healthTimeout, ReadyTimeout: o.etcd.readyTimeout,
		Store: store, Authenticator: access.requests, Authorizer: decides.authorizer, Roles: decides.roles, Followers: decides.followers, Log: log, Served: served, Health: checks,
		Address: net.JoinHostPort(certs.address, strconv.Itoa(o.securePort)), RequestLimit: o.requestTimeout, Inflight: o.inflight,
		MinWatch: time.Duration(o.minRequestTimeout) * time.Second, ServiceCIDRs: strings.Split(o.serviceCIDRs, ","),
		NodePorts: o.serviceNodePorts, Features: o.features, EventTTL: o.eventTTL, SwaggerUI: o.swaggerUI,
		Tokens: access.accounts.issuer, TokenOwners: access.tokens, Audiences: access.accounts.audiences, OpenID: access.accounts.pages, ProxyHeaders: o.proxy.headers, Auditor: auditor, Controllers: o.controllers, Admission: o.admission.selection, RootCA: certs.authority, Authentication: certs.told(o),
	})
}

// listeners are the open ports. open starts a goroutine for each, which ends when its port is closed.
type listeners struct {
	log     *slog.Logger
	secure  net.Listener
	servers []*http.Server
	// watches are those over HTTP/1.1, which servers have given away.
	watches h1.Carrier
	// failed gets what ends a server before its time.
	failed chan error
}

func (l *listeners) open(o *options, certs *certificates, handler http.Handler) error {
	l.failed = make(chan error, 2)
	var err error
	if l.secure, err = net.Listen("tcp", net.JoinHostPort(o.bindAddress.String(), strconv.Itoa(o.securePort))); err != nil {
		return fmt.Errorf("secure port: %w", err)
	}
	config, err := certs.serverConfig(o, l.log)
	if err != nil {
		return err
	}
	secure := l.server(handler)
	secure.TLSConfig = config
	port := l.secure
	if o.noHTTP2 {
		secure.Protocols = new(http.Protocols)
		secure.Protocols.SetHTTP1(true)
	} else {
		if err := h2.Configure(secure, h2.Options{MaxStreams: o.maxStreams, LeaveChance: o.goawayChance}); err != nil {
			return err
		}
		port = h2.Listener(port)
	}
	l.serve(func() error { return secure.ServeTLS(port, "", "") })
	if o.insecurePort == 0 {
		return nil
	}
	plain, err := net.Listen("tcp", net.JoinHostPort(o.insecureBindAddress.String(), strconv.Itoa(o.insecurePort)))
	if err != nil {
		return fmt.Errorf("insecure port: %w", err)
	}
	insecure := l.server(loopback.Guard(handler))
	l.serve(func() error { return insecure.Serve(plain) })
	return nil
}

// server has the limits that keep a client from holding a connection without asking for anything.
func (l *listeners) server(handler http.Handler) *http.Server {
	s := &http.Server{
		Handler: l.watches.Handler(handler, pipeline.MayWatch), ReadHeaderTimeout: 32 * time.Second, IdleTimeout: 90 * time.Second, MaxHeaderBytes: 1 << 20,
		ErrorLog: slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
	l.servers = append(l.servers, s)
	return s
}

func (l *listeners) serve(serve func() error) {
	go func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			l.failed <- err
		}
	}()
}

// drain lets requests under way end, for a while.
func (l *listeners) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	for _, s := range l.servers {
		if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("closing the ports: %w", err)
		}
	}
	_ = l.watches.Shutdown(ctx) // what is left when the time is up is cut off
	return nil
}

func (l *listeners) close() {
	for _, s := range l.servers {
		_ = s.Close() // what is still open is cut; there is nobody left to tell
	}
	l.watches.Close()
}

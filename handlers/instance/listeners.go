package instance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/h1"
	"github.com/gatehouse-dev/gatehouse/handlers/h2"
	"github.com/gatehouse-dev/gatehouse/handlers/loopback"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// listeners are the open ports. serve starts a goroutine for each, which ends when its port is closed.
type listeners struct {
	log           *slog.Logger
	secure, plain net.Listener
	servers       []*http.Server
	running       sync.WaitGroup
	// watches are those over HTTP/1.1, which servers have given away.
	watches h1.Carrier
	// failed gets what ends a server before its time.
	failed chan error
}

// open claims the ports, so that the rest of the server knows them. Nobody is answered before serve.
func (l *listeners) open(s *Serving) error {
	l.failed = make(chan error, 2)
	var err error
	open := net.ListenConfig{Control: control(s.SharePort)}
	if l.secure, err = open.Listen(context.Background(), "tcp", net.JoinHostPort(s.Address.String(), strconv.Itoa(s.Port))); err != nil {
		return fmt.Errorf("secure port: %w", err)
	}
	if s.InsecurePort == 0 {
		return nil
	}
	if l.plain, err = open.Listen(context.Background(), "tcp", net.JoinHostPort(s.InsecureAddress.String(), strconv.Itoa(s.InsecurePort))); err != nil {
		return fmt.Errorf("insecure port: %w", err)
	}
	return nil
}

// serve answers requests.
func (l *listeners) serve(s *Serving, certs *certificates, handler http.Handler) error {
	config, err := certs.serverConfig(s, l.log)
	if err != nil {
		return err
	}
	handler = cors(s.CORS, handler)
	secure := l.server(hsts(s.HSTS, handler))
	secure.TLSConfig = config
	port := l.secure
	if s.NoHTTP2 {
		secure.Protocols = new(http.Protocols)
		secure.Protocols.SetHTTP1(true)
	} else {
		if err := h2.Configure(secure, h2.Options{MaxStreams: s.MaxStreams, LeaveChance: s.LeaveChance}); err != nil {
			return err
		}
		port = h2.Listener(port)
	}
	l.run(func() error { return secure.ServeTLS(port, "", "") })
	if l.plain != nil {
		insecure := l.server(loopback.Guard(handler))
		l.run(func() error { return insecure.Serve(l.plain) })
	}
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

func (l *listeners) run(serve func() error) {
	l.running.Go(func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			l.failed <- err
		}
	})
}

// drain lets requests under way end until ctx does.
func (l *listeners) drain(ctx context.Context) error {
	for _, s := range l.servers {
		if err := s.Shutdown(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("closing the ports: %w", err)
		}
	}
	_ = l.watches.Shutdown(ctx) // what is left when the time is up is cut off
	return nil
}

// close cuts what is still open and frees the ports.
func (l *listeners) close() {
	for _, s := range l.servers {
		_ = s.Close() // there is nobody left to tell
	}
	l.watches.Close()
	for _, port := range []net.Listener{l.secure, l.plain} {
		if port != nil {
			_ = port.Close() // closed already, if a server had it
		}
	}
	l.running.Wait()
}

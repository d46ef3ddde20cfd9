// Package h2 is the HTTP/2 half of an http.Server. net/http accepts, does TLS and HTTP/1.1 and hands over each connection
// that has agreed on HTTP/2; golang.org/x/net reads and writes frames and packs headers; what a connection does with them is
// here. It exists for two things that net/http's own cannot do: answers that outlive their handlers without a goroutine
// (handlers/stream), and frames of many streams in one write.
//
// A connection has one reader, the goroutine that net/http started for it, and at most one writer, whoever has something to
// send and finds nobody writing: a handler writes its own answer without handing it over, and what others add meanwhile
// goes out with it. Where that would make somebody wait who must not, a worker is given the work.
//
// conn.mu guards the state of a connection and its streams and is never held while bytes are read or written or a source is
// asked. Below it are only readyList.mu and workers.mu, which are held for a few instructions: so a wake never waits, and
// whoever wakes may hold what locks he likes. gather.mu guards what TLS has written and TCP has not got.
package h2

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options are the limits of a connection.
type Options struct {
	// MaxStreams is how many requests a client may have under way on one connection. 0 means 250, which is net/http's limit;
	// upstream's is 100, because its handlers may be four times as many as streams, which here are no more.
	MaxStreams int
	// UploadWindow is how much of a request's body is taken before its handler has read any. 0 means 256 KB, upstream's.
	UploadWindow int
	// LeaveChance is how likely each request makes the client open another connection, between 0 and 1.
	LeaveChance float64
	// StallTimeout is how long the client's end of a connection may take nothing while there is something to send. net/http
	// and upstream wait forever; here a writer may be waiting who serves all streams of the connection, and half a minute
	// is far more than a path that still works needs to move one packet. 0 means that.
	StallTimeout time.Duration
}

const (
	defaultMaxStreams   = 250
	defaultUploadWindow = 256 << 10
	defaultStallTimeout = 30 * time.Second
)

func (o *Options) complete() error {
	if o.MaxStreams == 0 {
		o.MaxStreams = defaultMaxStreams
	}
	if o.UploadWindow == 0 {
		o.UploadWindow = defaultUploadWindow
	}
	if o.StallTimeout == 0 {
		o.StallTimeout = defaultStallTimeout
	}
	if o.MaxStreams < 1 || o.MaxStreams > 1<<20 || o.UploadWindow < initialWindow || o.UploadWindow > maxWindow || o.StallTimeout < 0 || o.LeaveChance < 0 || o.LeaveChance > 1 {
		return errors.New("h2: an option is out of its range")
	}
	return nil
}

// server is what the connections of one http.Server share.
type server struct {
	Options
	workers workers
	mu      sync.Mutex
	conns   map[*conn]struct{}
	closing bool
}

// Configure makes srv speak HTTP/2 by this package. It must be called before srv serves. Give srv a listener made by
// Listener, or each TLS record costs a system call.
func Configure(srv *http.Server, o Options) error {
	if err := o.complete(); err != nil {
		return err
	}
	if srv.TLSConfig == nil {
		srv.TLSConfig = &tls.Config{}
	}
	for _, proto := range []string{"h2", "http/1.1"} {
		if !slices.Contains(srv.TLSConfig.NextProtos, proto) {
			srv.TLSConfig.NextProtos = append(srv.TLSConfig.NextProtos, proto)
		}
	}
	s := &server{Options: o, conns: map[*conn]struct{}{}}
	if srv.TLSNextProto == nil {
		srv.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	srv.TLSNextProto["h2"] = s.serve
	srv.RegisterOnShutdown(s.shutdown)
	return nil
}

// serve returns when the connection is done; net/http counts it as active until then, which is what Shutdown waits for.
func (s *server) serve(srv *http.Server, socket *tls.Conn, handler http.Handler) {
	// net/http hands the context of the connection over in this way.
	ctx := context.Background()
	if based, ok := handler.(interface{ BaseContext() context.Context }); ok {
		ctx = based.BaseContext()
	}
	c := newConn(ctx, s, srv, socket, handler)
	s.mu.Lock()
	s.conns[c] = struct{}{}
	if len(s.conns) == 1 {
		s.workers.set(true)
	}
	closing := s.closing
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, c)
		if len(s.conns) == 0 {
			s.workers.set(false)
		}
		s.mu.Unlock()
	}()
	if closing {
		c.leave()
	}
	c.serve()
}

// shutdown asks the clients to go elsewhere; each connection ends with its last stream.
func (s *server) shutdown() {
	s.mu.Lock()
	s.closing = true
	var all []*conn
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.leave()
	}
}

// secure says whether a connection's TLS is what RFC 9113 §9.2 asks for: below TLS 1.3, only keys that are made for the
// connection, and authenticated encryption.
func secure(state *tls.ConnectionState) bool {
	if state.Version >= tls.VersionTLS13 {
		return true
	}
	switch state.CipherSuite {
	case tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
		return state.Version == tls.VersionTLS12
	}
	return false
}

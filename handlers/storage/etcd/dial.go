package etcd

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/zaplog"
)

// How soon a member that hangs is noticed and left for another. Upstream takes 40 s; a write that was sent to such a
// member hears nothing until then. etcd refuses pings that come more often than every 5 s, gRPC sends none before 10.
const (
	dialTimeout      = 20 * time.Second
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 5 * time.Second
)

// Target is an etcd cluster, with the meaning of upstream's --etcd-* flags.
type Target struct {
	// Servers are the addresses of the members, scheme://host:port.
	Servers []string
	// CertFile and KeyFile are this client's certificate, CAFile what the servers' are checked with. Certificate and key
	// are read again at each connection, so that renewed files are picked up.
	CertFile, KeyFile, CAFile string
}

// Dial makes a Store over an external cluster. It does not wait for a connection, so it fails only for what no retry
// can mend; whether the cluster answers is what Ready says.
func Dial(t Target, o Options) (*Store, error) {
	if len(t.Servers) == 0 {
		return nil, errors.New("no etcd servers are given")
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("an etcd client certificate needs both a certificate file and a key file")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := &fault{log: o.Logger.With("component", "etcd client")}
	cfg := clientv3.Config{
		Endpoints:            t.Servers,
		DialTimeout:          dialTimeout,
		DialKeepAliveTime:    keepaliveTime,
		DialKeepAliveTimeout: keepaliveTimeout,
		DialOptions:          []grpc.DialOption{grpc.WithChainUnaryInterceptor(f.intercept)},
		Logger:               zaplog.New(zaplog.Options{Logger: o.Logger, Component: "etcd client"}),
	}
	if t.CertFile != "" || t.CAFile != "" {
		info := transport.TLSInfo{CertFile: t.CertFile, KeyFile: t.KeyFile, TrustedCAFile: t.CAFile}
		tls, err := info.ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("etcd client TLS: %w", err)
		}
		cfg.TLS = tls
	}
	client, err := clientv3.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("etcd client for %v: %w", t.Servers, err)
	}
	s := New(client, o)
	s.fault = f
	return s, nil
}

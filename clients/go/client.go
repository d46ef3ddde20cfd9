package kube

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"
)

// Version is the version of this client: the minor release of the API that it was made from, and its own number.
const Version = "1.36.0"

const defaultFieldManager = "gatehouse-go"

// Client sends requests to one server as one user. It is safe for concurrent use.
type Client struct {
	base         *url.URL
	http         *http.Client
	tls          *tls.Config
	proxy        func(*http.Request) (*url.URL, error)
	credentials  credentials
	impersonate  Impersonation
	namespace    string
	userAgent    string
	fieldManager string
	sleep        sleeper
}

// FromKubeconfig makes a client of the current context of a kubeconfig; see LoadKubeconfig for an empty path.
func FromKubeconfig(path string) (*Client, error) {
	c, err := LoadKubeconfig(path, "")
	if err != nil {
		return nil, err
	}
	return New(c)
}

// InCluster makes a client of the service account of the pod that this program runs in.
func InCluster() (*Client, error) {
	c, err := InClusterConfig()
	if err != nil {
		return nil, err
	}
	return New(c)
}

// Auto makes a client of a kubeconfig if there is one, else of the pod's service account.
func Auto() (*Client, error) {
	c, err := AutoConfig()
	if err != nil {
		return nil, err
	}
	return New(c)
}

// New makes a client.
func New(c Config) (*Client, error) {
	base, err := url.Parse(c.Host)
	if err != nil {
		return nil, fmt.Errorf("address of the server: %w", err)
	}
	if base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return nil, fmt.Errorf("address of the server: %q is not like https://host:port", c.Host)
	}
	who, err := credentialsOf(c)
	if err != nil {
		return nil, err
	}
	out := &Client{
		base: base, credentials: who, impersonate: c.Impersonate, namespace: c.Namespace, sleep: sleep,
		fieldManager: cmp.Or(c.FieldManager, defaultFieldManager),
		userAgent:    fmt.Sprintf("gatehouse-go/%s (%s/%s)", Version, runtime.GOOS, runtime.GOARCH),
	}
	if c.UserAgent != "" {
		out.userAgent = c.UserAgent + " " + out.userAgent
	}
	if out.tls, err = tlsConfig(c.TLS, who); err != nil {
		return nil, err
	}
	out.proxy = http.ProxyFromEnvironment
	if c.ProxyURL != "" {
		proxy, err := url.Parse(c.ProxyURL)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		out.proxy = http.ProxyURL(proxy)
	}
	if out.http = c.HTTPClient; out.http == nil {
		out.http = &http.Client{Transport: out.transport(c.HTTP1)}
	}
	if e, ok := who.(*execCredentials); ok {
		e.dropped = out.http.CloseIdleConnections
	}
	return out, nil
}

// Namespace is that of the kubeconfig's context or of the pod's service account; default when neither names one.
func (c *Client) Namespace() string { return cmp.Or(c.namespace, "default") }

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// transport has one connection for all requests where the server speaks HTTP/2. Pings find out that a server is gone which a
// watch only waits for.
func (c *Client) transport(http1 bool) *http.Transport {
	t := &http.Transport{
		Proxy: c.proxy, TLSClientConfig: c.tls.Clone(), TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second,
		DialContext:       (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2: !http1, HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
	if http1 {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
	}
	return t
}

// tlsConfig trusts the given authority, or those of the system when none is given.
func tlsConfig(t TLS, who credentials) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.Insecure}
	if len(t.CA) > 0 {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("certificate authority: no certificate in it")
		}
	}
	// A handshake must go on without a certificate where there is none: an empty one says so.
	out.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		cert, err := who.certificate()
		if cert == nil && err == nil {
			cert = &tls.Certificate{}
		}
		return cert, err
	}
	return out, nil
}

package instance

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/reload"
)

// keyPair is a certificate with its key, read again when their files change.
func keyPair(certFile, keyFile string, log *slog.Logger) (*reload.Value[*tls.Certificate], error) {
	return reload.Open(log, func(contents [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		return &pair, err
	}, certFile, keyFile)
}

// authoritySet are authorities that others' certificates may be of.
type authoritySet struct {
	list []*x509.Certificate
	pool *x509.CertPool
}

// newAuthoritySet reads PEM texts, which must all have at least one certificate.
func newAuthoritySet(texts ...[]byte) (*authoritySet, error) {
	s := &authoritySet{pool: x509.NewCertPool()}
	for _, text := range texts {
		before := len(s.list)
		for {
			var block *pem.Block
			if block, text = pem.Decode(text); block == nil {
				break
			}
			if block.Type != "CERTIFICATE" {
				continue
			}
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			s.list = append(s.list, cert)
			s.pool.AddCert(cert)
		}
		if len(s.list) == before {
			return nil, errors.New("it has no certificate")
		}
	}
	return s, nil
}

// pem is their text, without anything else that the files have, and without one of them.
func (s *authoritySet) pem(without []byte) []byte {
	var b []byte
	for _, c := range s.list {
		if text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); !bytes.Equal(text, without) {
			b = append(b, text...)
		}
	}
	return b
}

// openAuthorities are those of a PEM file, beside fixed ones, read again when the file changes.
func openAuthorities(flag, file string, log *slog.Logger, fixed ...[]byte) (func() *authoritySet, error) {
	v, err := reload.Open(log, func(contents [][]byte) (*authoritySet, error) {
		return newAuthoritySet(append(contents, fixed...)...)
	}, file)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return v.Get, nil
}

// named is a certificate for names.
type named struct {
	pair *reload.Value[*tls.Certificate]
	// names are those given; without any, those in the certificate.
	names []string
}

// matches says whether the certificate is for a host: by its whole name, or by one whose first part is a star.
func (n *named) matches(host string) bool {
	names := n.names
	if names == nil {
		names = namesOf(n.pair.Get().Leaf)
	}
	_, rest, _ := strings.Cut(host, ".")
	for _, name := range names {
		if name == host || rest != "" && name == "*."+rest {
			return true
		}
	}
	return false
}

func namesOf(c *x509.Certificate) []string {
	var names []string
	for _, name := range c.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 && c.Subject.CommonName != "" {
		names = append(names, strings.ToLower(c.Subject.CommonName))
	}
	return names
}

// presenter chooses the certificate of each handshake.
type presenter struct {
	byName []*named
	other  func() *tls.Certificate
}

// certificate is the first one for the name that the client asks for. A client that reaches the server by an address asks
// for no name; then the address counts.
func (p *presenter) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if host == "" && hello.Conn != nil {
		if h, _, err := net.SplitHostPort(hello.Conn.LocalAddr().String()); err == nil {
			host = h
		}
	}
	for _, n := range p.byName {
		if host != "" && n.matches(host) {
			return n.pair.Get(), nil
		}
	}
	return p.other(), nil
}

// serverConfig is how TLS is spoken. A client certificate is asked for and not demanded: a stranger's one must not keep
// its owner from showing a token.
func (c *certificates) serverConfig(s *Serving, log *slog.Logger) (*tls.Config, error) {
	config := &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	// Small records at the beginning of a connection would let a browser draw sooner; here they are only more records.
	config.DynamicRecordSizingDisabled = true
	if s.NoHTTP2 {
		config.NextProtos = []string{"http/1.1"}
	}
	present := &presenter{other: c.serving}
	for _, sni := range s.SNI {
		n := &named{names: sni.Names}
		var err error
		if n.pair, err = keyPair(sni.CertFile, sni.KeyFile, log); err != nil {
			return nil, fmt.Errorf("--tls-sni-cert-key: %w", err)
		}
		present.byName = append(present.byName, n)
	}
	config.GetCertificate = present.certificate
	config.MinVersion, config.CipherSuites = max(config.MinVersion, s.MinTLS), s.CipherSuites
	config.CurvePreferences = s.Curves
	config.GetConfigForClient = c.hinting(config)
	return config, nil
}

// hinting tells clients which authorities their certificates may be of, so that they choose the right one. A configuration
// is kept until the authorities change: sessions can be resumed only within one.
func (c *certificates) hinting(base *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	base = base.Clone()
	base.GetConfigForClient = nil
	type made struct {
		clients, proxies *authoritySet
		config           *tls.Config
	}
	var current atomic.Pointer[made]
	return func(*tls.ClientHelloInfo) (*tls.Config, error) {
		next := &made{clients: c.clients()}
		if c.proxies != nil {
			next.proxies = c.proxies()
		}
		if known := current.Load(); known != nil && known.clients == next.clients && known.proxies == next.proxies {
			return known.config, nil
		}
		next.config = base.Clone()
		next.config.ClientCAs = x509.NewCertPool()
		for _, set := range []*authoritySet{next.clients, next.proxies} {
			if set == nil {
				continue
			}
			for _, cert := range set.list {
				next.config.ClientCAs.AddCert(cert)
			}
		}
		current.Store(next)
		return next.config, nil
	}
}

package etcd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// pair is a certificate with its key, in files too.
type pair struct {
	certFile, keyFile string
	cert              *x509.Certificate
	key               *ecdsa.PrivateKey
}

// issue makes a certificate, by itself when there is no authority.
func issue(t *testing.T, by *pair, change func(*x509.Certificate)) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "etcd"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	out := &pair{key: key}
	if by == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
		by = &pair{cert: template, key: key}
	}
	change(template)
	raw, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if out.cert, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out.certFile, out.keyFile = filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	for file, block := range map[string]*pem.Block{out.certFile: {Type: "CERTIFICATE", Bytes: raw}, out.keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func asIs(*x509.Certificate) {}

// shake runs a server that does no more than handshakes, for which it wants a certificate of the authority.
func shake(t *testing.T, with, authority *pair) (address string) {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(with.certFile, with.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(authority.cert)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				tcp := conn.(*tls.Conn).NetConn()
				if conn.(*tls.Conn).HandshakeContext(t.Context()) != nil {
					conn = tcp // a connection that is closed at once may take the reason with it
				}
				_, _ = io.Copy(io.Discard, conn) // until the client leaves
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return "https://" + l.Addr().String()
}

// Why etcd cannot be asked is said wherever somebody has waited for it in vain.
func TestFaultsAreTold(t *testing.T) {
	authority, stranger := issue(t, nil, asIs), issue(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "stranger" })
	good, foreign := issue(t, authority, asIs), issue(t, stranger, asIs)
	expired := issue(t, authority, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	elsewhere := issue(t, authority, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example"} })
	for _, c := range []struct {
		what                    string
		server, trusted, client *pair
		want                    string
	}{
		{"another authority", good, stranger, good, "certificate signed by unknown authority"},
		{"an expired certificate", expired, authority, good, "certificate has expired"},
		{"another host", elsewhere, authority, good, "127.0.0.1"},
		{"no client certificate", good, authority, nil, "certificate required"},
		{"a stranger's client certificate", good, authority, foreign, "unknown certificate authority"},
		{"nobody there", nil, authority, good, "connection refused"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			target := etcd.Target{Servers: []string{"https://127.0.0.1:1"}, CAFile: c.trusted.certFile}
			if c.server != nil {
				target.Servers[0] = shake(t, c.server, authority)
			}
			if c.client != nil {
				target.CertFile, target.KeyFile = c.client.certFile, c.client.keyFile
			}
			s, err := etcd.Dial(target, etcd.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err = s.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

package instance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// adminName is the user of the administrator's certificate.
const adminName = "gatehouse-admin"

// certificates are what the server shows itself with and the authorities that its clients may come from.
type certificates struct {
	// serving is what the server shows to clients that ask for no other name.
	serving func() *tls.Certificate
	admin   pki.Pair
	// authority is what clients check the server with.
	authority []byte
	// unshared is the server's own authority when it lies in memory only: nobody else needs to know it. nil otherwise.
	unshared []byte
	// clients are the authorities of users' certificates, proxies those of front proxies' ones; proxies is nil for none.
	clients, proxies func() *authoritySet
	// address is the one that the server is known by inside the cluster.
	address string
}

// newCertificates makes what was not given. The administrator's certificate is always of the server's own authority,
// which the server therefore always accepts clients of.
func newCertificates(o *Config, log *slog.Logger) (*certificates, error) {
	own, err := pki.OpenAuthority(o.Serving.CertDir, "ca")
	if err != nil {
		return nil, err
	}
	c := &certificates{address: o.Serving.address()}
	if o.Serving.CertDir == "" {
		c.unshared = own.PEM
	}
	if c.admin, err = own.Client("admin", adminName, "system:masters"); err != nil {
		return nil, err
	}
	if err := c.serve(o, own, log); err != nil {
		return nil, err
	}
	if file := o.Authentication.ClientCAFile; file != "" {
		c.clients, err = openAuthorities("client-ca-file", file, log, own.PEM)
	} else {
		var only *authoritySet
		only, err = newAuthoritySet(own.PEM)
		c.clients = func() *authoritySet { return only }
	}
	if err != nil {
		return nil, err
	}
	if file := o.Authentication.Proxy.CAFile; file != "" {
		if c.proxies, err = openAuthorities("requestheader-client-ca-file", file, log); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// serve finds the serving certificate: the one that is named, or one that lies in the folder of certificates under upstream's
// name, or one of the server's own authority.
func (c *certificates) serve(o *Config, own *pki.Authority, log *slog.Logger) error {
	certFile, keyFile, err := o.Serving.given()
	if err != nil {
		return err
	}
	if certFile == "" {
		made, err := own.Serving("kube-apiserver", o.hosts(c.address))
		if err != nil {
			return err
		}
		c.authority = own.PEM
		if made.CertFile == "" {
			pair, err := made.TLS()
			c.serving = func() *tls.Certificate { return pair }
			return err
		}
		certFile, keyFile = made.CertFile, made.KeyFile
	} else if c.authority, err = os.ReadFile(certFile); err != nil {
		return fmt.Errorf("--tls-cert-file: %w", err)
	}
	pair, err := keyPair(certFile, keyFile, log)
	if err != nil {
		return fmt.Errorf("serving certificate: %w", err)
	}
	c.serving = pair.Get
	return nil
}

// given are the files of a serving certificate that somebody else made; empty for none.
func (s *Serving) given() (certFile, keyFile string, err error) {
	if s.CertFile != "" || s.CertDir == "" {
		return s.CertFile, s.KeyFile, nil
	}
	certFile, keyFile = filepath.Join(s.CertDir, "apiserver.crt"), filepath.Join(s.CertDir, "apiserver.key")
	_, certErr := os.Stat(certFile)
	_, keyErr := os.Stat(keyFile)
	switch {
	case errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist):
		return "", "", nil
	case certErr != nil || keyErr != nil:
		return "", "", fmt.Errorf("%s and %s, certificate and key must be supplied as a pair: %w", certFile, keyFile, errors.Join(certErr, keyErr))
	}
	return certFile, keyFile, nil
}

// hosts are the names and addresses that the serving certificate is for.
func (c *Config) hosts(own string) []string {
	list := []string{"localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", own}
	if name := c.Serving.ExternalHostname; name != "" {
		list = append(list, name)
	}
	if first, _, _ := strings.Cut(c.Cluster.ServiceCIDRs, ","); first != "" {
		if ip, _, err := net.ParseCIDR(first); err == nil {
			ip[len(ip)-1]++
			list = append(list, ip.String())
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// address is the one that others reach this server at: the advertised one, the one it is bound to, or the first of an
// interface that is not the loopback one.
func (s *Serving) address() string {
	if s.AdvertiseAddress != nil {
		return s.AdvertiseAddress.String()
	}
	if !s.Address.IsUnspecified() {
		return s.Address.String()
	}
	if all, err := net.InterfaceAddrs(); err == nil {
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				return n.IP.String()
			}
		}
	}
	return "127.0.0.1"
}

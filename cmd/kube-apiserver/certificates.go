package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

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
func newCertificates(o *options, log *slog.Logger) (*certificates, error) {
	own, err := pki.OpenAuthority(o.certDir, "ca")
	if err != nil {
		return nil, err
	}
	c := &certificates{address: address(o)}
	if o.certDir == "" {
		c.unshared = own.PEM
	}
	if c.admin, err = own.Client("admin", "gatehouse-admin", "system:masters"); err != nil {
		return nil, err
	}
	if err := c.serve(o, own, log); err != nil {
		return nil, err
	}
	if o.clientCAFile != "" {
		c.clients, err = openAuthorities("client-ca-file", o.clientCAFile, log, own.PEM)
	} else {
		var only *authoritySet
		only, err = newAuthoritySet(own.PEM)
		c.clients = func() *authoritySet { return only }
	}
	if err != nil {
		return nil, err
	}
	if o.proxy.caFile != "" {
		if c.proxies, err = openAuthorities("requestheader-client-ca-file", o.proxy.caFile, log); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// serve finds the serving certificate: the one that is named, or one that lies in the folder of certificates under upstream's
// name, or one of the server's own authority.
func (c *certificates) serve(o *options, own *pki.Authority, log *slog.Logger) error {
	certFile, keyFile, err := givenServing(o)
	if err != nil {
		return err
	}
	if certFile == "" {
		made, err := own.Serving("kube-apiserver", hosts(o, c.address))
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

// givenServing are the files of a serving certificate that somebody else made; empty for none.
func givenServing(o *options) (certFile, keyFile string, err error) {
	if o.tlsCertFile != "" || o.certDir == "" {
		return o.tlsCertFile, o.tlsKeyFile, nil
	}
	certFile, keyFile = filepath.Join(o.certDir, "apiserver.crt"), filepath.Join(o.certDir, "apiserver.key")
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
func hosts(o *options, own string) []string {
	list := []string{"localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", own}
	if o.externalHostname != "" {
		list = append(list, o.externalHostname)
	}
	if first, _, _ := strings.Cut(o.serviceCIDRs, ","); first != "" {
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
func address(o *options) string {
	if o.advertiseAddress != nil {
		return o.advertiseAddress.String()
	}
	if !o.bindAddress.IsUnspecified() {
		return o.bindAddress.String()
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

// announce writes the administrator's kubeconfig, if there is a folder for it, and says where the server is.
func announce(o *options, c *certificates, at net.Addr, out io.Writer) error {
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return err
	}
	host := "127.0.0.1"
	if !o.bindAddress.IsUnspecified() {
		host = o.bindAddress.String()
	}
	url := "https://" + net.JoinHostPort(host, port)
	dir := o.dataDir
	if dir == "" {
		dir = o.certDir
	}
	if dir == "" {
		_, err := fmt.Fprintf(out, "Serving the Kubernetes API at %s\nNo administrator's kubeconfig: --data-dir and --cert-dir name no folder for it\n", url)
		return err
	}
	path, err := filepath.Abs(filepath.Join(dir, "admin.kubeconfig"))
	if err != nil {
		return err
	}
	if err := pki.WriteKubeconfig(path, url, c.authority, "gatehouse-admin", c.admin); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Serving the Kubernetes API at %s\nAdministrator's kubeconfig: %s\nNext: kubectl --kubeconfig %[2]s get namespaces\n", url, path)
	return err
}

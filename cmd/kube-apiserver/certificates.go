package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// certificates are the files that the server shows itself with and the authorities that its clients may come from.
type certificates struct {
	serving, servingKey string
	admin, adminKey     string
	// authority is what clients check the server with.
	authority []byte
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
	c := &certificates{serving: o.tlsCertFile, servingKey: o.tlsKeyFile, authority: own.PEM, address: address(o)}
	if c.admin, c.adminKey, err = own.Client("admin", "gatehouse-admin", "system:masters"); err != nil {
		return nil, err
	}
	if c.serving == "" {
		if c.serving, c.servingKey, err = own.Serving("kube-apiserver", hosts(o, c.address)); err != nil {
			return nil, err
		}
	} else if c.authority, err = os.ReadFile(c.serving); err != nil {
		return nil, fmt.Errorf("--tls-cert-file: %w", err)
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

// announce writes the administrator's kubeconfig and says where the server is.
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
	path, err := filepath.Abs(filepath.Join(o.dataDir, "admin.kubeconfig"))
	if err != nil {
		return err
	}
	if err := pki.WriteKubeconfig(path, url, c.authority, "gatehouse-admin", c.admin, c.adminKey); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Serving the Kubernetes API at %s\nAdministrator's kubeconfig: %s\nNext: kubectl --kubeconfig %[2]s get namespaces\n", url, path)
	return err
}

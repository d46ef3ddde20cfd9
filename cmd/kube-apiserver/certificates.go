package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
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
	clients   *x509.CertPool
	// address is the one that the server is known by inside the cluster.
	address string
}

// newCertificates makes what was not given. The administrator's certificate is always of the server's own authority,
// which the server therefore always accepts clients of.
func newCertificates(o *options) (*certificates, error) {
	own, err := pki.OpenAuthority(o.certDir, "ca")
	if err != nil {
		return nil, err
	}
	c := &certificates{serving: o.tlsCertFile, servingKey: o.tlsKeyFile, authority: own.PEM, clients: own.Pool(), address: address(o)}
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
		b, err := os.ReadFile(o.clientCAFile)
		if err != nil {
			return nil, fmt.Errorf("--client-ca-file: %w", err)
		}
		if !c.clients.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("--client-ca-file %s has no certificate", o.clientCAFile)
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

// serverConfig is how TLS is spoken. A client certificate is asked for and not demanded: a stranger's one must not keep
// its owner from showing a token.
func (c *certificates) serverConfig(o *options) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.serving, c.servingKey)
	if err != nil {
		return nil, fmt.Errorf("serving certificate: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert, ClientCAs: c.clients, MinVersion: tls.VersionTLS12}
	switch o.tlsMinVersion {
	case "", "VersionTLS12":
	case "VersionTLS13":
		config.MinVersion = tls.VersionTLS13
	default:
		return nil, fmt.Errorf("--tls-min-version %q: VersionTLS12 or VersionTLS13", o.tlsMinVersion)
	}
	for _, name := range o.tlsCipherSuites {
		id, err := cipherSuite(name)
		if err != nil {
			return nil, err
		}
		config.CipherSuites = append(config.CipherSuites, id)
	}
	return config, nil
}

func cipherSuite(name string) (uint16, error) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if s.Name == name {
			return s.ID, nil
		}
	}
	return 0, fmt.Errorf("--tls-cipher-suites: %s is not supported", name)
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

package instance

import (
	"net"
	"os"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// Addresses are where a server is reached.
type Addresses struct {
	// Secure is served with TLS, Insecure without; Insecure is nil when there is no such port.
	Secure, Insecure net.Addr
}

// Addresses are those of the open ports.
func (i *Instance) Addresses() Addresses {
	a := Addresses{Secure: i.ports.secure.Addr()}
	if i.ports.plain != nil {
		a.Insecure = i.ports.plain.Addr()
	}
	return a
}

// URL is where clients on this machine reach the secure port.
func (i *Instance) URL() string {
	host := "127.0.0.1"
	if a := i.config.Serving.Address; !a.IsUnspecified() {
		host = a.String()
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(i.config.Serving.Port))
}

// Kubeconfig is that of an administrator with all rights.
func (i *Instance) Kubeconfig() []byte {
	return pki.Kubeconfig(i.URL(), i.certs.authority, adminName, i.certs.admin)
}

// advertised is what the server says of itself in the cluster. One that only this machine can reach is nobody's endpoint.
func (i *Instance) advertised() *presence.Advertised {
	c := &i.config.Serving
	a := &presence.Advertised{IP: i.certs.address, Port: c.Port, NodePort: c.ServiceNodePort, Reconciler: c.Endpoints, Count: c.Servers}
	if ip := net.ParseIP(a.IP); c.AdvertiseAddress == nil && ip != nil && ip.IsLoopback() {
		a.Reconciler = presence.None
	}
	if !i.config.Features.Enabled("APIServerIdentity") {
		return a
	}
	name, err := os.Hostname()
	if err != nil {
		i.log.Warn("this host has no name, so the server has no lease", "error", err)
	}
	a.Hostname = name
	return a
}

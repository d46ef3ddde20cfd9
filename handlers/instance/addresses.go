package instance

import (
	"net"
	"strconv"

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

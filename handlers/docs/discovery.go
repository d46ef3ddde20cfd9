// Package docs serves what the server says about itself: discovery, the version, the OpenAPI documents and Swagger UI.
// Everything follows from a resource.Registry, so that resources that come and go while the server runs appear in all of
// it without a word here.
package docs

import (
	"net"
	"net/http"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// AddressRule names a better address for clients inside a network, such as the service address for pods.
type AddressRule struct {
	Network net.IPNet
	Address string
}

// Discovery answers /api, /apis and the group and version paths below them. It is safe for concurrent use.
type Discovery struct {
	registry *resource.Registry
	address  string
	rules    []AddressRule

	// mu guards view, the latest picture of the registry. It is rebuilt when the registry's table is another one.
	mu   sync.Mutex
	view *view
}

// NewDiscovery describes the resources of reg. The address (host:port) is what /api tells clients to use.
func NewDiscovery(reg *resource.Registry, address string, rules ...AddressRule) *Discovery {
	return &Discovery{registry: reg, address: address, rules: rules}
}

func (d *Discovery) current() *view {
	groups := d.registry.Groups()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.view == nil || !d.view.of(groups) {
		d.view = newView(groups, d.view)
	}
	return d.view
}

// ServeHTTP knows the path by itself, with or without a slash at its end; what it does not know is answered with 404.
func (d *Discovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch part := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case part[0] == "api" && len(part) == 1:
		d.serveList(w, r, "", func() { d.serveVersions(w, r) })
	case part[0] == "api" && len(part) == 2:
		d.serveResources(w, r, "", part[1])
	case part[0] == "apis" && len(part) == 1:
		d.serveList(w, r, "apis", func() { writeObject(w, r, anyMethod, d.current().groupList()) })
	case part[0] == "apis" && len(part) == 2:
		if g := d.current().group(part[1]); g != nil && g.Name != "" {
			writeObject(w, r, anyMethod, g.legacy())
			return
		}
		pageNotFound(w)
	case part[0] == "apis" && len(part) == 3:
		// Only an unknown version of a group of the model gets a Status: that is how upstream's routers share the paths.
		if g := d.current().group(part[1]); g == nil || g.Name == "" || g.version(part[2]) == nil && !g.Has(resource.BuiltIn) {
			pageNotFound(w)
			return
		}
		d.serveResources(w, r, part[1], part[2])
	default:
		pageNotFound(w)
	}
}

// serveList answers with the aggregated list when the client asks for it, else with the unaggregated one.
func (d *Discovery) serveList(w http.ResponseWriter, r *http.Request, root string, plain func()) {
	if _, as, ok := negotiate(r.Header.Get("Accept"), true); ok && as.aggregated {
		v := d.current()
		list := &v.core
		if root == "apis" {
			list = &v.named
		}
		serveAggregated(w, r, list, as)
		return
	}
	plain()
}

func (d *Discovery) serveVersions(w http.ResponseWriter, r *http.Request) {
	out := &metav1.APIVersions{
		TypeMeta:                   metav1.TypeMeta{Kind: "APIVersions"},
		ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{{ClientCIDR: "0.0.0.0/0", ServerAddress: d.address}},
	}
	if core := d.current().group(""); core != nil {
		for _, v := range core.versions {
			out.Versions = append(out.Versions, v.Name)
		}
	}
	client := clientIP(r)
	for _, rule := range d.rules {
		if client != nil && rule.Network.Contains(client) {
			out.ServerAddressByClientCIDRs = append(out.ServerAddressByClientCIDRs,
				metav1.ServerAddressByClientCIDR{ClientCIDR: rule.Network.String(), ServerAddress: rule.Address})
		}
	}
	writeObject(w, r, onlyGet, out)
}

func (d *Discovery) serveResources(w http.ResponseWriter, r *http.Request, group, version string) {
	if g := d.current().group(group); g != nil {
		if v := g.version(version); v != nil {
			writeObject(w, r, onlyGet, v.legacy())
			return
		}
	}
	writeStatus(w, r, notFound())
}

// clientIP is the address the request came from, a forwarding proxy's word first, as upstream takes it.
func clientIP(r *http.Request) net.IP {
	for _, s := range append(strings.Split(r.Header.Get("X-Forwarded-For"), ","), r.Header.Get("X-Real-Ip")) {
		if ip := net.ParseIP(strings.TrimSpace(s)); ip != nil {
			return ip
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return net.ParseIP(host)
}

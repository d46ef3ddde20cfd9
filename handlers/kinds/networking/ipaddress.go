package networking

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var ipAddresses = kind.Kind{
	Group: group, Resource: "ipaddresses",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.ValidateName = ipAddressName
	},
	Cells: kind.Cells{"parentRef": kind.CellOfValues(parentRef)},
}

// ipAddressName requires an address in canonical form.
func ipAddressName(name string, _ bool) []string {
	ip, err := netip.ParseAddr(name)
	switch {
	case err != nil || ip.Zone() != "":
		return []string{"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"}
	case ip.Is4In6():
		return []string{"must not be an IPv4-mapped IPv6 address"}
	case ip.String() != name:
		return []string{fmt.Sprintf("must be in canonical form (%q)", ip.String())}
	}
	return nil
}

// parentRef is the column of the address' owner; its values are group, resource, namespace and name.
func parentRef(v kind.Values, _ time.Time) any {
	if v[3] == nil {
		return "<none>"
	}
	out := strings.ToLower(kind.GroupResource(v.Text(0), v.Text(1)))
	if v.Text(2) != "" {
		out += "/" + v.Text(2)
	}
	return out + "/" + v.Text(3)
}

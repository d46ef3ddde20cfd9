package kind

import (
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The IP families of the API.
const IPv4, IPv6 = "IPv4", "IPv6"

// FamilyOf is the family of an address, or "unknown" for another text.
func FamilyOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return "unknown"
	case a.Is4() || a.Is4In6():
		return IPv4
	}
	return IPv6
}

// KeptIP requires a valid address, in the strict form unless it is among the known ones.
func KeptIP(path *field.Path, ip string, known []string) field.ErrorList {
	return validation.IsValidIPForLegacyField(path, ip, true, known)
}

// EndpointIP requires an address that can receive traffic from other hosts.
func EndpointIP(text string, path *field.Path) field.ErrorList {
	ip, err := netip.ParseAddr(text)
	why := ""
	switch {
	case err != nil:
		why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
	case ip.IsUnspecified():
		why = fmt.Sprintf("may not be unspecified (%v)", text)
	case ip.IsLoopback():
		why = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
	case ip.IsLinkLocalUnicast():
		why = "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
	case ip.IsLinkLocalMulticast():
		why = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(path, text, why)}
}

// BalancerHost requires the hostname of a load balancer to be a DNS name and not an address.
func BalancerHost(host string, path *field.Path) (errs field.ErrorList) {
	if host == "" {
		return nil
	}
	for _, msg := range validation.IsDNS1123Subdomain(host) {
		errs = append(errs, field.Invalid(path, host, msg))
	}
	if FamilyOf(host) != "unknown" {
		errs = append(errs, field.Invalid(path, host, "must be a DNS name, not an IP address"))
	}
	return errs
}

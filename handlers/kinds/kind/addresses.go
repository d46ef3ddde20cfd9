package kind

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The families of addresses, as the API writes them.
const IPv4, IPv6 = "IPv4", "IPv6"

// FamilyOf is the family of an address; anything that is none counts as unknown.
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

// KeptIP: addresses must be right, but one that was stored before there were rules may stay.
func KeptIP(path *field.Path, ip string, known []string) field.ErrorList {
	return validation.IsValidIPForLegacyField(path, ip, true, known)
}

// BalancerHost wants the name of a load balancer to be a DNS name and no address.
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

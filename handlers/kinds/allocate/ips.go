package allocate

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var (
	addresses    = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ipaddresses"}
	serviceCIDRs = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "servicecidrs"}
)

// IPs allocates the addresses of services by creating IPAddress objects named after them. A create succeeds once, so any number
// of servers can allocate from one store.
type IPs struct {
	d      *kind.Deps
	ranges []ipRange
}

// ipRange is a range of service addresses.
type ipRange struct {
	prefix netip.Prefix
	family string
	// size counts the usable addresses, which begin right after the first of the prefix.
	size uint64
	// fixed is the size of the lower band, which is left for given addresses.
	fixed uint64
}

// NewIPs makes the allocator of a server's ranges.
func NewIPs(d *kind.Deps) *IPs {
	a := &IPs{d: d}
	for _, cidr := range d.ServiceCIDRs {
		if r, ok := parseRange(cidr); ok {
			a.ranges = append(a.ranges, r)
		}
	}
	return a
}

// parseRange is false for an invalid range; flags are checked earlier.
func parseRange(cidr string) (ipRange, bool) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ipRange{}, false
	}
	p = p.Masked()
	bits := p.Addr().BitLen() - p.Bits()
	total := uint64(1) << min(bits, 62)
	r := ipRange{prefix: p, family: kind.IPv4, size: total - 1, fixed: band(total, 16, 256)}
	if p.Addr().Is6() {
		r.family = kind.IPv6
	} else if r.size > 0 {
		r.size-- // the broadcast address
	}
	return r, r.size > 0
}

// band is the size of the lower band, which automatic allocation uses last.
func band(total, step, most uint64) uint64 {
	if total <= 16 {
		return 0
	}
	return min(max(total/step, 16), most)
}

// at is the i-th usable address.
func (r ipRange) at(i uint64) string {
	n := new(big.Int).SetBytes(r.prefix.Addr().AsSlice())
	n.Add(n, new(big.Int).SetUint64(i+1))
	b := make([]byte, len(r.prefix.Addr().AsSlice()))
	ip, _ := netip.AddrFromSlice(n.FillBytes(b))
	return ip.String()
}

// has reports whether an address is usable.
func (r ipRange) has(ip netip.Addr) bool {
	if !r.prefix.Contains(ip) || ip == r.prefix.Addr() {
		return false
	}
	return r.family == kind.IPv6 || ip.String() != r.at(r.size)
}

// Primary is the default family.
func (a *IPs) Primary() string {
	if len(a.ranges) == 0 {
		return kind.IPv4
	}
	return a.ranges[0].family
}

// Serves reports whether the cluster has addresses of a family.
func (a *IPs) Serves(family string) bool {
	for _, r := range a.ranges {
		if r.family == family {
			return true
		}
	}
	return false
}

// rangesOf are the configured ranges of a family and, with all, those that ServiceCIDR objects add.
func (a *IPs) rangesOf(ctx context.Context, family string, all bool) (out []ipRange, err error) {
	for _, r := range a.ranges {
		if r.family == family {
			out = append(out, r)
		}
	}
	if !all {
		return out, nil
	}
	list, err := a.d.Objects.List(ctx, serviceCIDRs, "")
	if err != nil {
		return nil, fmt.Errorf("list service CIDRs: %w", err)
	}
	for _, o := range list {
		c, ok := o.(*networkingv1.ServiceCIDR)
		if !ok || c.DeletionTimestamp != nil {
			continue
		}
		for _, cidr := range c.Spec.CIDRs {
			if r, ok := parseRange(cidr); ok && r.family == family {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// Take allocates an address for the service owner: the wanted one, or any if want is empty.
func (a *IPs) Take(ctx context.Context, attempt *resource.Attempt, owner types.NamespacedName, family, want string) (string, error) {
	if want != "" {
		return want, a.takeWanted(ctx, attempt, owner, family, want)
	}
	for _, all := range []bool{false, true} {
		ranges, err := a.rangesOf(ctx, family, all)
		if err != nil {
			return "", err
		}
		for _, r := range ranges {
			if attempt.DryRun {
				return r.prefix.Addr().String(), nil
			}
			if ip, err := a.takeAny(ctx, attempt, owner, r); err == nil || err != ErrFull {
				return ip, err
			}
		}
	}
	return "", ErrFull
}

func (a *IPs) takeWanted(ctx context.Context, attempt *resource.Attempt, owner types.NamespacedName, family, want string) error {
	ip, err := netip.ParseAddr(want)
	if err != nil {
		return fmt.Errorf("invalid IP address: %w", err)
	}
	var known []ipRange
	for _, all := range []bool{false, true} {
		if known, err = a.rangesOf(ctx, family, all); err != nil {
			return err
		}
		for _, r := range known {
			if r.has(ip) {
				if attempt.DryRun {
					return nil
				}
				return a.create(ctx, attempt, owner, family, ip.String())
			}
		}
	}
	if attempt.DryRun && len(known) > 0 {
		// Upstream's dry run uses the first range only, whose error says more.
		return fmt.Errorf("the provided IP (%v) is not in the valid range. The range of valid IPs is %s", want, known[0].prefix)
	}
	return errOtherNetwork
}

// errOtherNetwork: no range of the cluster has the address.
var errOtherNetwork = errors.New("the provided network does not match the current range")

// takeAny tries a random address first, and lists the allocated ones only when that is taken: in a range that is mostly free
// one write is enough.
func (a *IPs) takeAny(ctx context.Context, attempt *resource.Attempt, owner types.NamespacedName, r ipRange) (string, error) {
	ip := r.at(a.pick(r.fixed, r.size))
	err := a.create(ctx, attempt, owner, r.family, ip)
	for err == errIPTaken {
		list, listErr := a.d.Objects.List(ctx, addresses, "")
		if listErr != nil {
			return "", fmt.Errorf("list addresses: %w", listErr)
		}
		used := make(map[string]bool, len(list))
		for _, o := range list {
			used[o.GetName()] = true
		}
		if ip = a.free(r, used); ip == "" {
			return "", ErrFull
		}
		err = a.create(ctx, attempt, owner, r.family, ip)
	}
	if err != nil {
		return "", err
	}
	return ip, nil
}

// free is an unused address, from the upper band first.
func (a *IPs) free(r ipRange, used map[string]bool) string {
	for _, b := range [][2]uint64{{r.fixed, r.size}, {0, r.fixed}} {
		if b[0] == b[1] {
			continue
		}
		start := a.pick(b[0], b[1])
		// A free address is found after at most as many tries as there are used ones, however large the range.
		for i := uint64(0); i < b[1]-b[0] && i <= uint64(len(used)); i++ {
			n := start + i
			if n >= b[1] {
				n -= b[1] - b[0]
			}
			if ip := r.at(n); !used[ip] {
				return ip
			}
		}
	}
	return ""
}

// pick is a random number in [low, high); ranges beyond what an int holds are used from their first part.
func (a *IPs) pick(low, high uint64) uint64 {
	if high <= low {
		return low
	}
	return low + uint64(a.d.Rand(int(min(high-low, 1<<31-1))))
}

var errIPTaken = fmt.Errorf("provided IP is %w", ErrTaken)

func (a *IPs) create(ctx context.Context, attempt *resource.Attempt, owner types.NamespacedName, family, ip string) error {
	o := &networkingv1.IPAddress{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IPAddress"},
		ObjectMeta: metav1.ObjectMeta{Name: ip, UID: uuid.NewUUID(), CreationTimestamp: metav1.NewTime(a.d.Now().Truncate(time.Second)),
			Labels: map[string]string{"ipaddress.kubernetes.io/ip-family": family, "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{Resource: "services", Namespace: owner.Namespace, Name: owner.Name}},
	}
	err := a.d.Write.Create(ctx, resource.OwnWrite{Resource: addresses}, o)
	if apierrors.IsAlreadyExists(err) {
		return errIPTaken
	}
	if err != nil {
		return fmt.Errorf("create IPAddress %s: %w", ip, err)
	}
	attempt.OnFailure(func() { a.Release(context.WithoutCancel(ctx), owner, ip) })
	return nil
}

// Release removes an address that is still the owner's. When it fails the address stays allocated, which is a leak and nothing
// worse.
func (a *IPs) Release(ctx context.Context, owner types.NamespacedName, ip string) {
	o, err := a.d.Objects.Get(ctx, addresses, "", ip)
	if err == nil {
		held, ok := o.(*networkingv1.IPAddress)
		if !ok || held.Spec.ParentRef == nil || held.Spec.ParentRef.Namespace != owner.Namespace || held.Spec.ParentRef.Name != owner.Name || held.Spec.ParentRef.Resource != "services" {
			return
		}
		err = a.d.Write.Delete(ctx, resource.OwnWrite{Resource: addresses, Name: ip}, &metav1.DeleteOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		a.d.Log.Error("cannot release a service address", "ip", ip, "error", err)
	}
}

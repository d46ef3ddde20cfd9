package repair

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	addressController = "ipallocator-repair-controller"
	familyLabel       = "ipaddress.kubernetes.io/ip-family"
	managerLabel      = "ipaddress.kubernetes.io/managed-by"
	allocator         = "ipallocator.k8s.io"
	// creating is how long a service may take to be stored after its address, and undoing how long an address to go after a
	// service that was not stored.
	creating = time.Minute
	undoing  = 5 * time.Second
)

var (
	addressesGVR = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ipaddresses"}
	cidrsGVR     = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "servicecidrs"}
)

// addresses gives services the addresses that they say they have, and deletes those that nobody has.
func (r *Repair) addresses(ctx context.Context) error {
	if r.Objects.Registry.Get(addressesGVR) == nil || r.Objects.Registry.Get(cidrsGVR) == nil {
		return nil
	}
	ranges, err := r.ranges(ctx)
	if err != nil || len(ranges) == 0 {
		return err // nothing is known of what addresses there are
	}
	list, err := r.Objects.List(ctx, services, "")
	if err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	for _, o := range list {
		if s, ok := o.(*corev1.Service); ok && s.Spec.ClusterIP != "" && s.Spec.ClusterIP != "None" {
			if err := r.serviceAddresses(ctx, s, ranges); err != nil {
				return err
			}
		}
	}
	if list, err = r.Objects.List(ctx, addressesGVR, ""); err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, o := range list {
		if a, ok := o.(*networkingv1.IPAddress); ok && a.Labels[managerLabel] == allocator {
			if err := r.address(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// ranges are those of all ServiceCIDRs.
func (r *Repair) ranges(ctx context.Context) (out []netip.Prefix, err error) {
	list, err := r.Objects.List(ctx, cidrsGVR, "")
	if err != nil {
		return nil, fmt.Errorf("list service CIDRs: %w", err)
	}
	for _, o := range list {
		if c, ok := o.(*networkingv1.ServiceCIDR); ok {
			for _, cidr := range c.Spec.CIDRs {
				if p, err := netip.ParsePrefix(cidr); err == nil {
					out = append(out, p.Masked())
				}
			}
		}
	}
	return out, nil
}

func familyOf(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// serviceAddresses looks at the addresses of one service.
func (r *Repair) serviceAddresses(ctx context.Context, s *corev1.Service, ranges []netip.Prefix) error {
	events := r.recorder(addressController, "ClusterIPAllocation")
	for _, text := range s.Spec.ClusterIPs {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			r.recorder(addressController, "ClusterIPValidation").Warn(ctx, s, "ClusterIPNotValid", "Cluster IP %s is not a valid IP; please recreate Service", text)
			continue
		}
		family := familyOf(ip)
		if !slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			events.Warn(ctx, s, "ClusterIPOutOfRange", "Cluster IP [%v]: %s is not within any configured Service CIDR; please recreate service", family, ip)
			continue
		}
		o, err := r.Objects.Get(ctx, addressesGVR, "", ip.String())
		if apierrors.IsNotFound(err) {
			events.Warn(ctx, s, "ClusterIPNotAllocated", "Cluster IP [%v]: %s is not allocated; repairing", family, ip)
			if err := r.allocate(ctx, ip, s); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		a, ok := o.(*networkingv1.IPAddress)
		if !ok {
			continue
		}
		fits, err := r.fits(ctx, a, s, ip)
		if err != nil {
			return err
		}
		if !fits {
			if err := r.remove(ctx, a); err != nil {
				return err
			}
			if err := r.allocate(ctx, ip, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits says whether an address is that of a service, or must stay another's.
func (r *Repair) fits(ctx context.Context, a *networkingv1.IPAddress, s *corev1.Service, ip netip.Addr) (bool, error) {
	events, family := r.recorder(addressController, "ClusterIPAllocation"), familyOf(ip)
	ref := a.Spec.ParentRef
	wrong := func() {
		events.Warn(ctx, s, "ClusterIPNotAllocated", "the ClusterIP [%v]: %s for Service %s/%s has a wrong reference; repairing", family, ip, s.Namespace, s.Name)
	}
	if ref == nil || ref.Group != "" || ref.Resource != "services" {
		wrong()
		return false, nil
	}
	if ref.Namespace != s.Namespace || ref.Name != s.Name {
		o, err := r.Objects.Get(ctx, services, ref.Namespace, ref.Name)
		if apierrors.IsNotFound(err) {
			wrong()
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if other, ok := o.(*corev1.Service); ok && slices.Contains(other.Spec.ClusterIPs, a.Name) {
			events.Warn(ctx, s, "ClusterIPAlreadyAllocated", "Cluster IP [%v]:%s was assigned to multiple services; please recreate service", family, ip)
			return true, nil
		}
	}
	return a.Labels[familyLabel] == family && a.Labels[managerLabel] == allocator, nil
}

func (r *Repair) allocate(ctx context.Context, ip netip.Addr, s *corev1.Service) error {
	a := &networkingv1.IPAddress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IPAddress"},
		ObjectMeta: metav1.ObjectMeta{Name: ip.String(), Labels: map[string]string{familyLabel: familyOf(ip), managerLabel: allocator}},
		Spec:       networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{Resource: "services", Namespace: s.Namespace, Name: s.Name}},
	}
	if err := r.Writer.Create(ctx, resource.OwnWrite{Resource: addressesGVR}, a); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// remove deletes an address in the state in which it was looked at.
func (r *Repair) remove(ctx context.Context, a *networkingv1.IPAddress) error {
	version := a.ResourceVersion
	err := r.Writer.Delete(ctx, resource.OwnWrite{Resource: addressesGVR, Name: a.Name}, &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &a.UID, ResourceVersion: &version}})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // it is looked at again the next time
	}
	return err
}

// address deletes an address that its service does not have. While the service may still be on its way it stays.
func (r *Repair) address(ctx context.Context, a *networkingv1.IPAddress) error {
	events, ref, age := r.recorder(addressController, "IPAddressAllocation"), a.Spec.ParentRef, r.Now().Sub(a.CreationTimestamp.Time)
	if ref == nil || ref.Group != "" || ref.Resource != "services" {
		events.Warn(ctx, a, "IPAddressNotAllocated", "IPAddress %s appears to have been modified, not referencing a Service %v: cleaning up", a.Name, ref)
		return r.remove(ctx, a)
	}
	o, err := r.Objects.Get(ctx, services, ref.Namespace, ref.Name)
	if apierrors.IsNotFound(err) {
		if age <= creating {
			return nil
		}
		events.Warn(ctx, a, "IPAddressNotAllocated", "IPAddress: %s for Service %s/%s appears to have leaked: cleaning up", a.Name, ref.Namespace, ref.Name)
		return r.remove(ctx, a)
	}
	if err != nil {
		return err
	}
	s, ok := o.(*corev1.Service)
	if !ok || slices.Contains(s.Spec.ClusterIPs, a.Name) || s.Spec.Type == "ExternalName" && age < creating ||
		a.CreationTimestamp.After(s.CreationTimestamp.Time) && age < undoing {
		return nil
	}
	events.Warn(ctx, a, "IPAddressWrongReference", "IPAddress: %s for Service %s/%s has a wrong reference; cleaning up", a.Name, s.Namespace, s.Name)
	return r.remove(ctx, a)
}

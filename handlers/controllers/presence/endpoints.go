package presence

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var (
	endpointsGVR = schema.GroupVersionResource{Version: "v1", Resource: "endpoints"}
	slicesGVR    = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
)

// skipMirror keeps the controller-manager from making slices of the endpoints, which have one already.
const skipMirror = "endpointslice.kubernetes.io/skip-mirror"

// leased is the reconciler of kind Lease.
type leased struct{ *Presence }

func (r *leased) reconcile(ctx context.Context) error {
	if err := r.renewLease(ctx); err != nil {
		return err
	}
	servers, err := r.servers(ctx)
	if err != nil {
		return err
	}
	if len(servers) == 0 {
		return errors.New("no API server IP addresses were listed in storage, refusing to erase all endpoints for the kubernetes Service")
	}
	return r.publish(ctx, false, func([]string) []string { return servers })
}

func (r *leased) leave(ctx context.Context) error {
	if err := r.dropLease(ctx); err != nil {
		return err
	}
	servers, err := r.servers(ctx)
	if err != nil {
		return err
	}
	return r.publish(ctx, true, func([]string) []string { return servers })
}

// counted is the reconciler of kind MasterCount.
type counted struct{ *Presence }

func (r *counted) reconcile(ctx context.Context) error {
	return r.publish(ctx, false, r.among)
}

// among adds this server to addresses. Of more than there are servers those go that follow its own, so that all servers come
// to the same in the end.
func (r *counted) among(known []string) []string {
	if slices.Contains(known, r.IP) && len(known) <= r.Count {
		return known
	}
	list := slices.Clone(known)
	if !slices.Contains(list, r.IP) {
		list = append(list, r.IP)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	for len(list) > max(r.Count, 1) {
		i := slices.Index(list, r.IP)
		after := (i + 1) % len(list)
		list = slices.Delete(list, after, after+1)
	}
	return list
}

func (r *counted) leave(ctx context.Context) error {
	return r.publish(ctx, true, func(known []string) []string {
		return slices.DeleteFunc(slices.Clone(known), func(ip string) bool { return ip == r.IP })
	})
}

// errNothing ends an update that has nothing to change.
var errNothing = errors.New("nothing changes")

// publish makes the endpoints of the service what choose makes of the present addresses, and its slice like that. A server
// that leaves creates nothing.
func (p *Presence) publish(ctx context.Context, leaves bool, choose func(known []string) []string) error {
	for {
		live, err := p.Objects.Get(ctx, endpointsGVR, metav1.NamespaceDefault, serviceName)
		if apierrors.IsNotFound(err) {
			if leaves {
				return nil
			}
			e := &corev1.Endpoints{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Endpoints"}, ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: serviceName}}
			p.change(e, choose, leaves)
			if err = p.Writer.Create(ctx, resource.OwnWrite{Resource: endpointsGVR}, e); apierrors.IsAlreadyExists(err) {
				continue
			}
			live = e
		}
		if err != nil {
			return err
		}
		if e, ok := live.(*corev1.Endpoints); ok && p.change(object.Copy(e), choose, leaves) {
			live, err = p.Writer.Update(ctx, resource.OwnWrite{Resource: endpointsGVR, Namespace: metav1.NamespaceDefault, Name: serviceName}, func(o object.Object) error {
				now, ok := o.(*corev1.Endpoints)
				if !ok || !p.change(now, choose, leaves) {
					return errNothing
				}
				return nil
			})
			if errors.Is(err, errNothing) || apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
		}
		e, ok := live.(*corev1.Endpoints)
		if !ok {
			return errNothing
		}
		return p.slice(ctx, e)
	}
}

// change brings endpoints up to date and says whether anything was not. Ports of others are left as they are while servers
// come: two servers of different ports would fight for ever.
func (p *Presence) change(e *corev1.Endpoints, choose func([]string) []string, ports bool) (changed bool) {
	if e.Labels[skipMirror] != "true" {
		if e.Labels == nil {
			e.Labels = map[string]string{}
		}
		e.Labels[skipMirror], changed = "true", true
	}
	own := []corev1.EndpointPort{{Protocol: "TCP", Port: int32(p.Port), Name: portName}}
	var known []string
	formed := len(e.Subsets) == 1
	if formed {
		for _, a := range e.Subsets[0].Addresses {
			known = append(known, a.IP)
		}
	}
	wanted := choose(known)
	if len(wanted) == 0 {
		if len(e.Subsets) == 0 {
			return changed
		}
		e.Subsets = nil
		return true
	}
	if formed && same(known, wanted) {
		if ports && !object.Equal(&e.Subsets[0].Ports, &own) {
			e.Subsets[0].Ports, changed = own, true
		}
		return changed
	}
	next := corev1.EndpointSubset{Ports: own}
	if formed && !ports && len(e.Subsets[0].Ports) > 0 {
		next.Ports = e.Subsets[0].Ports
	}
	wanted = slices.Clone(wanted)
	slices.Sort(wanted)
	for _, ip := range slices.Compact(wanted) {
		next.Addresses = append(next.Addresses, corev1.EndpointAddress{IP: ip})
	}
	e.Subsets = []corev1.EndpointSubset{next}
	return true
}

// same compares two lists without regard to their order.
func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// slice makes the slice of endpoints like these. One of the other family is made anew, for the family cannot change.
func (p *Presence) slice(ctx context.Context, e *corev1.Endpoints) error {
	wanted := sliceOf(e)
	at := resource.OwnWrite{Resource: slicesGVR, Namespace: metav1.NamespaceDefault, Name: serviceName}
	live, err := p.Objects.Get(ctx, slicesGVR, metav1.NamespaceDefault, serviceName)
	if err == nil {
		now, ok := live.(*discoveryv1.EndpointSlice)
		switch {
		case !ok:
			return errNothing
		case now.AddressType == wanted.AddressType:
			if object.Equal(&now.Endpoints, &wanted.Endpoints) && object.Equal(&now.Ports, &wanted.Ports) && object.Equal(&now.Labels, &wanted.Labels) {
				return nil
			}
			_, err = p.Writer.Update(ctx, at, func(o object.Object) error {
				if s, ok := o.(*discoveryv1.EndpointSlice); ok {
					s.Labels, s.Endpoints, s.Ports = wanted.Labels, wanted.Endpoints, wanted.Ports
				}
				return nil
			})
			return err
		}
		if err := p.Writer.Delete(ctx, at, &metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	} else if !apierrors.IsNotFound(err) {
		return err
	}
	if err := p.Writer.Create(ctx, at, wanted); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

func sliceOf(e *corev1.Endpoints) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		TypeMeta:    metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
		ObjectMeta:  metav1.ObjectMeta{Namespace: e.Namespace, Name: e.Name, Labels: map[string]string{"kubernetes.io/service-name": e.Name}},
		AddressType: "IPv4",
	}
	if len(e.Subsets) == 0 {
		return s
	}
	subset := &e.Subsets[0]
	for i := range subset.Ports {
		port := subset.Ports[i]
		s.Ports = append(s.Ports, discoveryv1.EndpointPort{Port: &port.Port, Name: &port.Name, Protocol: &port.Protocol})
	}
	all := slices.Concat(subset.Addresses, subset.NotReadyAddresses)
	if len(all) > 0 && !slices.ContainsFunc(all, func(a corev1.EndpointAddress) bool { return !isIPv6(a.IP) }) {
		s.AddressType = "IPv6"
	}
	for _, part := range []struct {
		addresses []corev1.EndpointAddress
		ready     bool
	}{{subset.Addresses, true}, {subset.NotReadyAddresses, false}} {
		for _, a := range part.addresses {
			if isIPv6(a.IP) == (s.AddressType == "IPv6") {
				ready := part.ready
				s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{a.IP}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}, TargetRef: a.TargetRef, NodeName: a.NodeName})
			}
		}
	}
	return s
}

func isIPv6(ip string) bool {
	a, err := netip.ParseAddr(strings.TrimSpace(ip))
	return err == nil && a.Is6()
}

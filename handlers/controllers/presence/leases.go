package presence

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// leaseTime is how long a server counts that does not say that it still runs; upstream's figure.
const leaseTime = 15 * time.Second

var errNoEndpoints = errors.New("endpoints are not served")

// leases are stored as endpoints objects under a key of their own, so that servers of both kinds see each other's.
func (p *Presence) leases() (*resource.Resource, error) {
	r := p.Objects.Registry.Get(endpointsGVR)
	if r == nil || r.Codec == nil {
		return nil, errNoEndpoints
	}
	return r, nil
}

// renewLease says that this server runs.
func (p *Presence) renewLease(ctx context.Context) error {
	r, err := p.leases()
	if err != nil {
		return err
	}
	key := resource.MasterLeases.Key("", p.IP)
	for {
		kv, _, err := p.Store.Get(ctx, key)
		missing := errors.Is(err, storage.ErrNotFound)
		if err != nil && !missing {
			return fmt.Errorf("lease of this server: %w", err)
		}
		lease := &corev1.Endpoints{}
		if !missing {
			o, err := r.Codec.Decode(kv.Value, 0)
			if err != nil {
				return fmt.Errorf("lease of this server: %w", err)
			}
			if known, ok := o.(*corev1.Endpoints); ok {
				lease = known
			}
		}
		lease.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Endpoints"}
		lease.Subsets = []corev1.EndpointSubset{{Addresses: []corev1.EndpointAddress{{IP: p.IP}}}}
		// The same bytes would not renew it.
		lease.Generation++
		value, err := r.Codec.Encode(lease)
		if err != nil {
			return err
		}
		swapped := true
		if missing {
			_, err = p.Store.Create(ctx, key, value, leaseTime)
		} else {
			_, swapped, err = p.Store.Swap(ctx, kv, value, leaseTime)
		}
		if errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotFound) || err == nil && !swapped {
			continue
		}
		return err
	}
}

// dropLease says that this server does not run any more.
func (p *Presence) dropLease(ctx context.Context) error {
	_, err := storage.Update(ctx, p.Store, resource.MasterLeases.Key("", p.IP), 0, func(storage.KeyValue) ([]byte, error) { return nil, nil })
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// servers are the addresses of the servers that run, in the order of their keys.
func (p *Presence) servers(ctx context.Context) ([]string, error) {
	r, err := p.leases()
	if err != nil {
		return nil, err
	}
	list, err := p.Store.List(ctx, resource.MasterLeases.Prefix(), storage.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("leases of servers: %w", err)
	}
	var out []string
	for _, kv := range list.Items {
		o, err := r.Codec.Decode(kv.Value, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kv.Key, err)
		}
		if e, ok := o.(*corev1.Endpoints); ok && len(e.Subsets) > 0 && len(e.Subsets[0].Addresses) > 0 && e.Subsets[0].Addresses[0].IP != "" {
			out = append(out, e.Subsets[0].Addresses[0].IP)
		}
	}
	return out, nil
}

package aggregator

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"time"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func contains(b []byte, s string) bool { return bytes.Contains(b, []byte(s)) }

// sync brings what is served of one APIService up to date, looks at its server, and notes in its status what it found. One worker
// at a time does so for a name.
func (a *Aggregator) sync(ctx context.Context, name string) (again time.Duration, err error) {
	a.mu.Lock()
	o, old := a.known[name], a.remotes[name]
	a.mu.Unlock()
	if o == nil || o.Spec.Service == nil {
		a.drop(name)
		if o == nil {
			return 0, nil
		}
		return 0, a.note(ctx, name, local)
	}
	r := old
	if r == nil || !reflect.DeepEqual(r.spec, o.Spec) {
		r = a.newRemote(o)
		if old != nil {
			r.discovered = old.discovered
		}
		a.mu.Lock()
		a.remotes[name] = r
		a.mu.Unlock()
		a.publish(name, r)
		if old != nil {
			old.close()
		}
		a.beside()
	}
	if r.fault != nil {
		return 0, fmt.Errorf("APIService %s: %w", name, r.fault)
	}
	condition := a.judge(ctx, r)
	if ctx.Err() != nil {
		return 0, nil
	}
	available := condition.Status == "True"
	r.available.Store(available)
	before, fresh := r.discovered, r.fresh
	if r.fresh = available && r.discover(ctx, a.resolve); r.discovered != before || r.fresh != fresh {
		a.publish(name, r)
	}
	if err := a.note(ctx, name, condition); err != nil {
		return 0, err
	}
	if available {
		r.failures = 0
		return recheck, nil
	}
	r.failures++
	return min(firstPause<<min(r.failures, 20), recheck), nil
}

// drop ends the serving of an APIService.
func (a *Aggregator) drop(name string) {
	a.mu.Lock()
	r := a.remotes[name]
	delete(a.remotes, name)
	a.mu.Unlock()
	if r != nil {
		a.Objects.Registry.Set(resource.Aggregated, name, nil)
		r.close()
	}
}

// publish makes r what answers for its group-version. What is not known to be so at this moment is stale in discovery.
func (a *Aggregator) publish(name string, r *remote) {
	e := &resource.Elsewhere{
		Group: r.spec.Group, Version: r.spec.Version, GroupPriority: int(r.spec.GroupPriorityMinimum), Priority: int(r.spec.VersionPriority), Connector: r,
	}
	said := apidiscovery.APIVersionDiscovery{Version: r.spec.Version}
	if r.discovered != nil {
		said = *r.discovered
	}
	if said.Freshness = apidiscovery.DiscoveryFreshnessCurrent; !r.fresh {
		said.Freshness = apidiscovery.DiscoveryFreshnessStale
	}
	e.Discovered = &said
	a.Objects.Registry.Set(resource.Aggregated, name, &resource.Part{Elsewhere: []*resource.Elsewhere{e}})
}

const availableType = "Available"

// local is the condition of what this server serves itself.
var local = apiregistrationv1.APIServiceCondition{Type: availableType, Status: "True", Reason: "Local", Message: "Local APIServices are always available"}

// note writes a condition where it is news. The time is that of the last change of its status.
func (a *Aggregator) note(ctx context.Context, name string, c apiregistrationv1.APIServiceCondition) error {
	set := func(o *apiregistrationv1.APIService) bool {
		for i := range o.Status.Conditions {
			have := &o.Status.Conditions[i]
			if have.Type != c.Type {
				continue
			}
			if have.Status == c.Status && have.Reason == c.Reason && have.Message == c.Message {
				return false
			}
			c.LastTransitionTime = have.LastTransitionTime
			if have.Status != c.Status {
				c.LastTransitionTime = metav1.NewTime(time.Now().Truncate(time.Second))
			}
			*have = c
			return true
		}
		c.LastTransitionTime = metav1.NewTime(time.Now().Truncate(time.Second))
		o.Status.Conditions = append(o.Status.Conditions, c)
		return true
	}
	a.mu.Lock()
	o := a.known[name]
	a.mu.Unlock()
	if o == nil || !set(object.Copy(o)) {
		return nil
	}
	_, err := a.Writer.Update(ctx, resource.OwnWrite{Resource: apiServices, Subresource: "status", Name: name}, func(o object.Object) error {
		if live, ok := o.(*apiregistrationv1.APIService); ok {
			set(live)
		}
		return nil
	})
	if apierrors.IsNotFound(err) || ctx.Err() != nil {
		return nil // it is gone, and its event is on its way
	}
	if err != nil {
		return fmt.Errorf("noting that APIService %s is %s: %w", name, c.Reason, err)
	}
	return nil
}

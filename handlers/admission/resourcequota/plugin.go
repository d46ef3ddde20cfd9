// Package resourcequota is the admission plugin ResourceQuota: no write makes a namespace use more than its quotas allow. What a
// write uses is charged to the status of each quota by compare-and-swap before the object is stored, and given back when it is
// not, so the limit holds for any number of writers on any number of servers.
package resourcequota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var quotas = schema.GroupVersionResource{Version: "v1", Resource: "resourcequotas"}

// Plugin is the admission plugin. Its fields are not changed after its first request.
type Plugin struct {
	admission.On
	Registry *quota.Registry
	// Cached finds the quotas of a namespace; Live finds them again when one of them is not what it was.
	Cached, Live lookup.Reader
	Charger      *Charger
	// Convert converts objects between versions of their kind; nil where there is no way.
	Convert func(from, to schema.GroupVersionKind) resource.Converter
	Limited []LimitedResource
}

// New makes a plugin that asks about what can raise the usage.
func New(p Plugin) *Plugin {
	p.On = admission.On{admission.Create, admission.Update}
	return &p
}

// measured is a write with what its object uses.
type measured struct {
	*admission.Attributes
	evaluator quota.Evaluator
	// object and old are those of the request, in the version that the evaluator wants.
	object, old object.Object
	usage       quota.List
	// more is what the object uses more than old.
	more quota.List
}

// demand is what a write takes of one quota.
type demand struct {
	quota *corev1.ResourceQuota
	more  quota.List
}

// attempts is how often a write is measured again because a quota was replaced meanwhile.
const attempts = 3

// Validate implements admission.Validator. It charges last: nothing that comes after it refuses often.
func (p *Plugin) Validate(ctx context.Context, a *admission.Attributes) error {
	gr := a.Resource.GroupResource()
	if !a.Resource.Namespaced || a.Namespace == "" || quota.Ignored(gr) {
		return nil
	}
	m := &measured{Attributes: a, evaluator: p.Registry.Get(gr), object: a.Object, old: a.Old}
	if !m.evaluator.Charges(a.Resource.Subresource, a.Object, a.Old) {
		return nil
	}
	read := p.Cached
	for attempt := 1; ; attempt++ {
		all, err := lookup.List[*corev1.ResourceQuota](ctx, read, quotas, a.Namespace)
		if err != nil {
			return fmt.Errorf("error resolving quota: %w", err)
		}
		if len(all) == 0 && len(p.Limited) == 0 {
			return nil
		}
		demands, err := p.demands(ctx, m, all)
		if err != nil {
			return err
		}
		err = p.charge(ctx, m, demands)
		if !errors.Is(err, errReplaced) || attempt == attempts {
			return err
		}
		read = p.Live
	}
}

// demands is what the write takes of each quota. It refuses what a quota demands of the object, or what no quota allows.
func (p *Plugin) demands(ctx context.Context, m *measured, all []*corev1.ResourceQuota) ([]demand, error) {
	if err := p.canonical(m); err != nil {
		return nil, err
	}
	limits, err := p.limits(ctx, m)
	if limits == nil {
		return nil, err
	}
	var matching []*corev1.ResourceQuota
	for _, q := range all {
		matches, err := limits.cover(ctx, m, q)
		if err != nil {
			return nil, err
		}
		if matches {
			matching = append(matching, q)
		}
	}
	if err := m.measure(ctx); err != nil {
		return nil, err
	}
	var demands []demand
	for _, q := range matching {
		more := m.more
		if m.old != nil {
			if before, err := quota.Matches(ctx, m.evaluator, q, m.old); err != nil {
				return nil, err
			} else if !before {
				more = quota.Increase(m.usage, nil)
			}
		}
		if len(more) > 0 {
			demands = append(demands, demand{q, more})
		}
	}
	if len(demands) == 0 && (len(matching) > 0 || len(m.more) == 0) {
		return nil, nil
	}
	return demands, limits.check(m.Attributes)
}

// canonical brings the objects into the version that evaluators know.
func (p *Plugin) canonical(m *measured) error {
	to, known := quota.Kind(m.Resource.GroupResource())
	from := m.Resource.GVK()
	if !known || from == to {
		return nil
	}
	convert := p.Convert(from, to)
	if convert == nil {
		return fmt.Errorf("%v cannot be read as %v", from, to)
	}
	var err error
	if m.object, err = convert(object.Copy(m.Attributes.Object)); err == nil && m.Attributes.Old != nil {
		m.old, err = convert(object.Copy(m.Attributes.Old))
	}
	return err
}

// measure finds out what the object uses, and how much more than before.
func (m *measured) measure(ctx context.Context) (err error) {
	if m.usage == nil {
		if m.usage, err = m.evaluator.Usage(ctx, m.object); err != nil {
			return err
		}
	}
	if negative := quota.Negative(m.usage); len(negative) > 0 {
		return m.Forbidden(fmt.Errorf("quota usage is negative for resource(s): %s", strings.Join(negative, ",")))
	}
	var before quota.List
	if m.old != nil {
		if before, err = m.evaluator.Usage(ctx, m.old); err != nil {
			return err
		}
	}
	m.more = quota.Increase(m.usage, before)
	return nil
}

// charge takes from each quota in turn, in the order of their names. What was taken is given back when the write is not stored,
// also because a later quota refuses it.
func (p *Plugin) charge(ctx context.Context, m *measured, demands []demand) error {
	unlimited := m.Resource.Subresource == "status" // what has happened is counted, and not refused
	for _, d := range demands {
		if m.DryRun || m.Attempt == nil {
			if err := p.fits(ctx, m, d, unlimited); err != nil {
				return err
			}
			continue
		}
		taken, err := p.Charger.take(ctx, d.quota, d.more, unlimited)
		if err != nil {
			return m.refusal(err)
		}
		m.Attempt.OnFailure(taken.giveBack)
		m.Attempt.OnStored(taken.keep)
		m.Attempt.StoreBefore(taken.until)
	}
	return nil
}

// fits is what charging would come to, for a dry run.
func (p *Plugin) fits(ctx context.Context, m *measured, d demand, unlimited bool) error {
	live, err := lookup.Get[*corev1.ResourceQuota](ctx, p.Live, quotas, d.quota.Namespace, d.quota.Name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		_, err = room(live, live.Status.Used, d.more, unlimited)
	}
	return m.refusal(err)
}

// refusal is the answer to a write that a quota has no room for.
func (m *measured) refusal(err error) error {
	var full *exceeded
	if errors.As(err, &full) {
		return m.Forbidden(full)
	}
	return err
}

// exceeded tells of a quota without room.
type exceeded struct{ text string }

func (e *exceeded) Error() string { return e.text }

// room is what a quota is used when more is added, or why that is refused. Only what the quota limits counts.
func room(q *corev1.ResourceQuota, used, more quota.List, unlimited bool) (quota.List, error) {
	more = quota.Mask(more, q.Status.Hard)
	next := quota.Add(used, more)
	if unlimited {
		return next, nil
	}
	if names := quota.Above(quota.Mask(next, more), q.Status.Hard); len(names) > 0 {
		return nil, &exceeded{fmt.Sprintf("exceeded quota: %s, requested: %s, used: %s, limited: %s", q.Name,
			quota.Format(more, names), quota.Format(used, present(names, used)), quota.Format(q.Status.Hard, names))}
	}
	return next, nil
}

// present are those of the names that a list has.
func present(names []string, in quota.List) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, found := in[name]
		return !found
	})
}

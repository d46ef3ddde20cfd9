package resourcequota

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
)

// LimitedResource is a resource that can be consumed only where a quota covers it.
type LimitedResource struct {
	APIGroup string `json:"apiGroup"`
	Resource string `json:"resource"`
	// MatchContains are parts of names of what is used; MatchScopes are scopes.
	MatchContains []string      `json:"matchContains"`
	MatchScopes   []quota.Scope `json:"matchScopes"`
}

type configuration struct {
	APIVersion       string            `json:"apiVersion"`
	Kind             string            `json:"kind"`
	LimitedResources []LimitedResource `json:"limitedResources"`
}

var versions = map[string]string{
	"apiserver.config.k8s.io/v1":              "ResourceQuotaConfiguration",
	"resourcequota.admission.k8s.io/v1beta1":  "Configuration",
	"resourcequota.admission.k8s.io/v1alpha1": "Configuration",
}

// ReadConfiguration is the plugin's part of --admission-control-config-file.
func ReadConfiguration(content []byte) ([]LimitedResource, error) {
	if len(content) == 0 {
		return nil, nil
	}
	var c configuration
	if err := yaml.UnmarshalStrict(content, &c); err != nil {
		return nil, err
	}
	if versions[c.APIVersion] != c.Kind || c.Kind == "" {
		return nil, fmt.Errorf("no kind %q is registered for version %q", c.Kind, c.APIVersion)
	}
	var faults field.ErrorList
	for i := range c.LimitedResources {
		if c.LimitedResources[i].Resource == "" {
			faults = append(faults, field.Required(field.NewPath("limitedResources").Index(i).Child("resource"), ""))
		}
	}
	return c.LimitedResources, faults.ToAggregate()
}

// limits is what of a write is limited by configuration, and what quotas cover of that.
type limits struct {
	names         []string
	scopes        []quota.Scope
	covered       map[string]bool
	coveredScopes map[string]bool
}

// limits says what of a write is limited by configuration. It is nil for scopes that cannot be understood: they let everything
// pass, as upstream does.
func (p *Plugin) limits(ctx context.Context, m *measured) (*limits, error) {
	l := &limits{}
	if len(p.Limited) == 0 {
		return l, nil
	}
	l.covered, l.coveredScopes = map[string]bool{}, map[string]bool{}
	gr, names := m.Resource.GroupResource(), map[string]bool{}
	for i := range p.Limited {
		r := &p.Limited[i]
		for j := range r.MatchScopes {
			if !m.evaluator.Scopes() {
				break
			}
			in, err := m.evaluator.InScope(&r.MatchScopes[j], m.object)
			if err != nil {
				return nil, nil
			}
			if in {
				l.scopes = append(l.scopes, r.MatchScopes[j])
			}
		}
		if r.APIGroup != gr.Group || r.Resource != gr.Resource {
			continue
		}
		if m.usage == nil {
			var err error
			if m.usage, err = m.evaluator.Usage(ctx, m.object); err != nil {
				return nil, err
			}
		}
		for name, q := range m.usage {
			if q.Sign() > 0 && slices.ContainsFunc(r.MatchContains, func(part string) bool { return strings.Contains(name, part) }) {
				names[name] = true
			}
		}
	}
	l.names = slices.Sorted(maps.Keys(names))
	return l, nil
}

// cover says whether a quota matches the object, refuses an object that does not state what the quota demands, and notes what the
// quota covers.
func (l *limits) cover(ctx context.Context, m *measured, q *corev1.ResourceQuota) (bool, error) {
	if l.coveredScopes != nil && m.evaluator.Scopes() {
		for _, s := range quota.Scopes(&q.Spec) {
			in, err := m.evaluator.InScope(&s, m.object)
			if err != nil {
				return false, fmt.Errorf("error matching scopes of quota %s, err: error on matching scope %v: %w", q.Name, s, err)
			}
			if in {
				l.coveredScopes[s.ScopeName] = true
			}
		}
	}
	matches, err := quota.Matches(ctx, m.evaluator, q, m.object)
	if !matches || err != nil {
		return false, err
	}
	names := quota.Tracked(ctx, m.evaluator, q.Status.Hard)
	if err := m.evaluator.Require(names, m.object); err != nil {
		return false, m.Forbidden(fmt.Errorf("failed quota: %s: %w", q.Name, err))
	}
	if len(present(names, q.Status.Used)) < len(names) {
		return false, m.Forbidden(fmt.Errorf("status unknown for quota: %s, resources: %s", q.Name, strings.Join(names, ",")))
	}
	if l.covered != nil {
		for _, name := range names {
			l.covered[name] = true
		}
	}
	return true, nil
}

// check refuses what is limited and not covered.
func (l *limits) check(a *admission.Attributes) error {
	open := slices.DeleteFunc(l.names, func(name string) bool { return l.covered[name] })
	if len(open) > 0 {
		return a.Forbidden(errors.New("insufficient quota to consume: " + strings.Join(open, ",")))
	}
	scopes := slices.DeleteFunc(l.scopes, func(s quota.Scope) bool { return l.coveredScopes[s.ScopeName] })
	if len(scopes) > 0 {
		return fmt.Errorf("insufficient quota to match these scopes: %v", scopes)
	}
	return nil
}

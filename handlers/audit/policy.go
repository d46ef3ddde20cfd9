package audit

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// Policy chooses how much is told of a request: the first rule that matches it counts.
type Policy struct {
	Kind              string         `json:"kind"`
	APIVersion        string         `json:"apiVersion"`
	Metadata          map[string]any `json:"metadata"`
	Rules             []Rule         `json:"rules"`
	OmitStages        []string       `json:"omitStages"`
	OmitManagedFields bool           `json:"omitManagedFields"`
}

// Rule is about the requests that match everything it names.
type Rule struct {
	Level             string           `json:"level"`
	Users             []string         `json:"users"`
	UserGroups        []string         `json:"userGroups"`
	Verbs             []string         `json:"verbs"`
	Resources         []GroupResources `json:"resources"`
	Namespaces        []string         `json:"namespaces"`
	NonResourceURLs   []string         `json:"nonResourceURLs"`
	OmitStages        []string         `json:"omitStages"`
	OmitManagedFields *bool            `json:"omitManagedFields"`
}

// GroupResources are resources of one group; all of it when none is named.
type GroupResources struct {
	Group         string   `json:"group"`
	Resources     []string `json:"resources"`
	ResourceNames []string `json:"resourceNames"`
}

// choice is what a policy says about one request.
type choice struct {
	level             Level
	omitStages        []string
	omitManagedFields bool
}

// ReadPolicy reads a policy file.
func ReadPolicy(file string) (*Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("failed to read file path %q: %w", file, err)
	}
	p, err := ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("loading audit policy file %s: %w", file, err)
	}
	return p, nil
}

// ParsePolicy reads a policy. Fields that it does not know are errors: a rule that was misspelled would hide what it was
// meant to tell.
func ParsePolicy(text []byte) (*Policy, error) {
	p := &Policy{}
	if err := yaml.UnmarshalStrict(text, p); err != nil {
		return nil, fmt.Errorf("failed decoding: %w", err)
	}
	if p.APIVersion != apiVersion || p.Kind != "Policy" {
		return nil, fmt.Errorf("failed decoding: no kind %q is known in %q, only Policy of %s", p.Kind, p.APIVersion, apiVersion)
	}
	if len(p.Rules) == 0 {
		return nil, fmt.Errorf("loaded illegal policy with 0 rules")
	}
	if err := p.validate().ToAggregate(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Policy) validate() field.ErrorList {
	errs := validateStages(p.OmitStages, field.NewPath("omitStages"))
	for i := range p.Rules {
		r, path := &p.Rules[i], field.NewPath("rules").Index(i)
		switch {
		case r.Level == "":
			errs = append(errs, field.Required(path.Child("level"), ""))
		case !slices.Contains(levelNames, r.Level):
			errs = append(errs, field.NotSupported(path.Child("level"), r.Level, levelNames))
		}
		errs = append(errs, validateURLs(r.NonResourceURLs, path.Child("nonResourceURLs"))...)
		errs = append(errs, validateResources(r.Resources, path.Child("resources"))...)
		errs = append(errs, validateStages(r.OmitStages, path.Child("omitStages"))...)
		if len(r.NonResourceURLs) > 0 && len(r.Resources)+len(r.Namespaces) > 0 {
			errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
		}
	}
	return errs
}

func validateURLs(urls []string, path *field.Path) (errs field.ErrorList) {
	for i, url := range urls {
		if url == "*" {
			continue
		}
		if !strings.HasPrefix(url, "/") {
			errs = append(errs, field.Invalid(path.Index(i), url, "non-resource URL rules must begin with a '/' character"))
		}
		if star := strings.IndexByte(url, '*'); star >= 0 && star < len(url)-1 {
			errs = append(errs, field.Invalid(path.Index(i), url, "non-resource URL wildcards '*' must be the final character of the rule"))
		}
	}
	return errs
}

func validateResources(list []GroupResources, path *field.Path) (errs field.ErrorList) {
	for _, g := range list {
		if g.Group != "" && g.Group != "*" {
			if faults := validation.NameIsDNSSubdomain(g.Group, false); len(faults) > 0 {
				errs = append(errs, field.Invalid(path.Child("group"), g.Group, strings.Join(faults, ",")))
			}
		}
		if len(g.ResourceNames) > 0 && len(g.Resources) == 0 {
			errs = append(errs, field.Invalid(path.Child("resourceNames"), g.ResourceNames, "using resourceNames requires at least one resource"))
		}
	}
	return errs
}

func validateStages(list []string, path *field.Path) (errs field.ErrorList) {
	for i, s := range list {
		if !slices.Contains(stages, s) {
			errs = append(errs, field.Invalid(path.Index(i), s, "allowed stages are "+strings.Join(stages, ",")))
		}
	}
	return errs
}

// choose is what the policy says about a request; of what no rule matches nothing is told.
func (p *Policy) choose(a *authz.Attributes) choice {
	for i := range p.Rules {
		r := &p.Rules[i]
		if !r.matches(a) {
			continue
		}
		c := choice{level: Level(slices.Index(levelNames, r.Level)), omitStages: p.OmitStages, omitManagedFields: p.OmitManagedFields}
		if len(r.OmitStages) > 0 {
			c.omitStages = append(slices.Clone(p.OmitStages), r.OmitStages...)
		}
		if r.OmitManagedFields != nil {
			c.omitManagedFields = *r.OmitManagedFields
		}
		return c
	}
	return choice{}
}

// Package abac authorizes by a file of policies, one JSON object a line.
package abac

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Policies allow what one of them allows.
type Policies []spec

var (
	_ authz.Authorizer   = Policies{}
	_ authz.RuleResolver = Policies{}
)

// policy is a line of the file. Lines without a version are of the first form of the format: the fields are not in a spec.
type policy struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       *spec  `json:"spec"`
	spec
}

// spec is whom a policy is for and what it allows.
type spec struct {
	User            string `json:"user"`
	Group           string `json:"group"`
	Readonly        bool   `json:"readonly"`
	APIGroup        string `json:"apiGroup"`
	Resource        string `json:"resource"`
	Namespace       string `json:"namespace"`
	NonResourcePath string `json:"nonResourcePath"`
}

const (
	version       = "abac.authorization.kubernetes.io/v1beta1"
	authenticated = "system:authenticated"
)

// Open reads a policy file.
func Open(path string) (Policies, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("error reading policy file %s, %w", path, err)
	}
	return p, nil
}

// Parse reads the content of a policy file. Empty lines and those that begin with # say nothing.
func Parse(text []byte) (Policies, error) {
	out := Policies{}
	for i, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		s, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", i+1, line, err)
		}
		out = append(out, s)
	}
	return out, nil
}

var errNoPolicy = errors.New("not a policy")

func parseLine(line []byte) (spec, error) {
	var p policy
	if err := json.UnmarshalCaseSensitivePreserveInts(line, &p); err != nil {
		return spec{}, err
	}
	switch {
	case p.APIVersion == "" && p.Kind == "":
		return unversioned(p.spec), nil
	case p.APIVersion != version || p.Kind != "Policy":
		return spec{}, fmt.Errorf("%w of %s: kind %q of %q", errNoPolicy, version, p.Kind, p.APIVersion)
	case p.Spec == nil:
		return spec{}, nil
	}
	s := *p.Spec
	if s.User == "*" || s.Group == "*" {
		s.User, s.Group = "", authenticated
	}
	return s, nil
}

// unversioned reads a line of the first form, in which leaving something out meant everything. Nobody without a credential
// was meant.
func unversioned(old spec) spec {
	s := spec{User: old.User, Group: old.Group, Readonly: old.Readonly, APIGroup: "*", Resource: old.Resource, Namespace: old.Namespace}
	if s.User == "" && s.Group == "" || s.User == "*" || s.Group == "*" {
		s.User, s.Group = "", authenticated
	}
	if s.Namespace == "" && s.Resource == "" {
		s.NonResourcePath = "*"
	}
	if s.Namespace == "" {
		s.Namespace = "*"
	}
	if s.Resource == "" {
		s.Resource = "*"
	}
	return s
}

// Authorize allows what a policy allows and has no opinion on the rest.
func (p Policies) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	for i := range p {
		if p[i].isFor(a.User) && p[i].allows(&a) {
			return authz.Allow, "", nil
		}
	}
	return authz.NoOpinion, "No policy matched.", nil
}

// isFor wants every one of user and group that is named; a policy that names none is for nobody.
func (s *spec) isFor(u *resource.UserInfo) bool {
	if s.User == "" && s.Group == "" {
		return false
	}
	return (s.User == "" || s.User == u.Name) && (s.Group == "" || slices.Contains(u.Groups, s.Group))
}

func (s *spec) allows(a *authz.Attributes) bool {
	if s.Readonly && a.Verb != "get" && a.Verb != "list" && a.Verb != "watch" {
		return false
	}
	matches := func(pattern, value string) bool { return pattern == "*" || pattern == value }
	if a.IsResource {
		return matches(s.Namespace, a.Namespace) && matches(s.Resource, a.Resource) && matches(s.APIGroup, a.Group)
	}
	return matches(s.NonResourcePath, a.Path) ||
		strings.HasSuffix(s.NonResourcePath, "*") && strings.HasPrefix(a.Path, strings.TrimRight(s.NonResourcePath, "*"))
}

// Rules lists what the policies for the user allow in the namespace.
func (p Policies) Rules(_ context.Context, user *resource.UserInfo, namespace string) (authz.RuleSet, error) {
	var set authz.RuleSet
	for i := range p {
		s := &p[i]
		if !s.isFor(user) || s.Namespace != "*" && s.Namespace != namespace {
			continue
		}
		verbs := []string{"*"}
		if s.Readonly {
			verbs = []string{"get", "list", "watch"}
		}
		if s.Resource != "" {
			set.Resource = append(set.Resource, authz.ResourceRule{Verbs: verbs, APIGroups: []string{s.APIGroup}, Resources: []string{s.Resource}})
		}
		if s.NonResourcePath != "" {
			set.NonResource = append(set.NonResource, authz.PathRule{Verbs: verbs, Paths: []string{s.NonResourcePath}})
		}
	}
	return set, nil
}

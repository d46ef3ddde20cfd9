package podsecurity

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	machinery "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"
)

// Configuration is a PodSecurityConfiguration.
type Configuration struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Defaults   Defaults   `json:"defaults"`
	Exemptions Exemptions `json:"exemptions"`
}

// Defaults are what counts where a namespace has no label.
type Defaults struct {
	Enforce        string `json:"enforce"`
	EnforceVersion string `json:"enforce-version"`
	Audit          string `json:"audit"`
	AuditVersion   string `json:"audit-version"`
	Warn           string `json:"warn"`
	WarnVersion    string `json:"warn-version"`
}

// Exemptions are never judged.
type Exemptions struct {
	Usernames      []string `json:"usernames"`
	Namespaces     []string `json:"namespaces"`
	RuntimeClasses []string `json:"runtimeClasses"`
}

var groupVersions = []string{"pod-security.admission.config.k8s.io/v1", "pod-security.admission.config.k8s.io/v1beta1", "pod-security.admission.config.k8s.io/v1alpha1"}

// ReadConfiguration is the plugin's part of --admission-control-config-file. Nothing is exempt and everything is privileged where
// it is silent.
func ReadConfiguration(content []byte) (*Configuration, error) {
	c := &Configuration{}
	if len(content) > 0 {
		if err := yaml.UnmarshalStrict(content, c); err != nil {
			return nil, err
		}
		if c.Kind != "PodSecurityConfiguration" || !slices.Contains(groupVersions, c.APIVersion) {
			return nil, fmt.Errorf("no kind %q is registered for version %q", c.Kind, c.APIVersion)
		}
	}
	for _, level := range []*string{&c.Defaults.Enforce, &c.Defaults.Audit, &c.Defaults.Warn} {
		*level = cmp.Or(*level, string(api.LevelPrivileged))
	}
	for _, version := range []*string{&c.Defaults.EnforceVersion, &c.Defaults.AuditVersion, &c.Defaults.WarnVersion} {
		*version = cmp.Or(*version, api.VersionLatest)
	}
	return c, c.faults().ToAggregate()
}

func (c *Configuration) faults() (errs field.ErrorList) {
	path := field.NewPath("defaults")
	level := func(name, value string) {
		if _, err := api.ParseLevel(value); err != nil {
			errs = append(errs, field.Invalid(path.Child(name), value, err.Error()))
		}
	}
	version := func(name, value string) {
		if _, err := api.ParseVersion(value); err != nil {
			errs = append(errs, field.Invalid(path.Child(name), value, err.Error()))
		}
	}
	d := &c.Defaults
	level("enforce", d.Enforce)
	version("enforce-version", d.EnforceVersion)
	level("warn", d.Warn)
	version("warn-version", d.WarnVersion)
	level("audit", d.Audit)
	version("audit-version", d.AuditVersion)
	names := func(child string, list []string, check func(string) []string) {
		seen := map[string]bool{}
		for i, name := range list {
			at := field.NewPath("exemptions", child).Index(i)
			switch faults := check(name); {
			case len(faults) > 0:
				errs = append(errs, field.Invalid(at, name, strings.Join(faults, ", ")))
			case seen[name]:
				errs = append(errs, field.Duplicate(at, name))
			}
			seen[name] = true
		}
	}
	names("namespaces", c.Exemptions.Namespaces, func(s string) []string { return machinery.ValidateNamespaceName(s, false) })
	names("runtimeClasses", c.Exemptions.RuntimeClasses, func(s string) []string { return machinery.NameIsDNSSubdomain(s, false) })
	names("usernames", c.Exemptions.Usernames, func(s string) []string {
		if s == "" {
			return []string{"username must not be empty"}
		}
		return nil
	})
	return errs
}

// policy is what the defaults come to.
func (d *Defaults) policy() (p api.Policy, err error) {
	var errs []error
	for _, mode := range []struct {
		level, version string
		to             *api.LevelVersion
	}{{d.Enforce, d.EnforceVersion, &p.Enforce}, {d.Audit, d.AuditVersion, &p.Audit}, {d.Warn, d.WarnVersion, &p.Warn}} {
		var err error
		mode.to.Level, err = api.ParseLevel(mode.level)
		errs = append(errs, err)
		mode.to.Version, err = api.ParseVersion(mode.version)
		errs = append(errs, err)
	}
	return p, errors.Join(errs...)
}

package podspec

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

const (
	maxNameservers = 3
	maxSearches    = 32
	maxSearchChars = 2048
	maxExitCodes   = 255
)

// resolverBounds are the limits of a resolver.
func resolverBounds(c *corev1.PodDNSConfig, path *field.Path) (errs field.ErrorList) {
	if len(c.Nameservers) > maxNameservers {
		errs = append(errs, field.Invalid(path.Child("nameservers"), c.Nameservers, fmt.Sprintf("must not have more than %v nameservers", maxNameservers)))
	}
	at := path.Child("searches")
	if len(c.Searches) > maxSearches {
		errs = append(errs, field.Invalid(at, c.Searches, fmt.Sprintf("must not have more than %v search paths", maxSearches)))
	}
	if len(strings.Join(c.Searches, " ")) > maxSearchChars {
		errs = append(errs, field.Invalid(at, c.Searches, fmt.Sprintf("must not have more than %v characters (including spaces) in the search list", maxSearchChars)))
	}
	return errs
}

func restartRule(r *corev1.ContainerRestartRule, path *field.Path) (errs field.ErrorList) {
	actions := []string{"Restart", "RestartAllContainers"}
	if !slices.Contains(actions, r.Action) {
		errs = append(errs, field.NotSupported(path.Child("action"), r.Action, actions))
	}
	at := path.Child("exitCodes")
	if r.ExitCodes == nil {
		return append(errs, field.Required(at, "must be specified"))
	}
	operators := []string{"In", "NotIn"}
	if !slices.Contains(operators, r.ExitCodes.Operator) {
		errs = append(errs, field.NotSupported(at.Child("operator"), r.ExitCodes.Operator, operators))
	}
	if n := len(r.ExitCodes.Values); n > maxExitCodes {
		errs = append(errs, field.TooMany(at.Child("values"), n, maxExitCodes))
	}
	return errs
}

// templateMeta validates the metadata of a pod template. Upstream's paths lack "metadata".
func templateMeta(t *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	return append(rules.Labels(t.Labels, path.Child("labels")), validation.ValidateAnnotations(t.Annotations, path.Child("annotations"))...)
}

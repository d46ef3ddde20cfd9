package modes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/remote"
)

// faults are what is wrong with a configuration, in upstream's words.
func (c *Configuration) faults() (errs field.ErrorList) {
	if len(c.Authorizers) == 0 {
		errs = append(errs, field.Required(field.NewPath("authorizers"), "at least one authorization mode must be defined"))
	}
	types, names := map[string]bool{}, map[string]bool{}
	for i, e := range c.Authorizers {
		path := field.NewPath("authorizers").Index(i)
		switch {
		case e.Type == "":
			errs = append(errs, field.Required(path.Child("type"), ""))
			continue
		case !slices.Contains(All, e.Type):
			errs = append(errs, field.NotSupported(path.Child("type"), e.Type, All))
			continue
		case types[e.Type] && e.Type != Webhook:
			errs = append(errs, field.Duplicate(path.Child("type"), e.Type))
			continue
		}
		types[e.Type] = true
		switch {
		case e.Name == "":
			errs = append(errs, field.Required(path.Child("name"), ""))
		case names[e.Name]:
			errs = append(errs, field.Duplicate(path.Child("name"), e.Name))
		default:
			if faults := utilvalidation.IsDNS1123Subdomain(e.Name); len(faults) > 0 {
				errs = append(errs, field.Invalid(path.Child("name"), e.Name, "authorizer name is invalid: "+strings.Join(faults, ", ")))
			}
		}
		names[e.Name] = true
		switch {
		case e.Type == Webhook && e.Webhook == nil:
			errs = append(errs, field.Required(path.Child("webhook"), "required when type=Webhook"))
		case e.Type == Webhook:
			errs = append(errs, e.Webhook.faults(path)...)
		case e.Webhook != nil:
			errs = append(errs, field.Invalid(path.Child("webhook"), "non-null", "may only be specified when type=Webhook"))
		}
	}
	return errs
}

func (w *WebhookEntry) faults(path *field.Path) (errs field.ErrorList) {
	switch d := w.Timeout.Duration; {
	case d == 0:
		errs = append(errs, field.Required(path.Child("timeout"), ""))
	case d < 0 || d > 30*time.Second:
		errs = append(errs, field.Invalid(path.Child("timeout"), d.String(), "must be > 0s and <= 30s"))
	}
	if d := w.AuthorizedTTL.Duration; d < 0 {
		errs = append(errs, field.Invalid(path.Child("authorizedTTL"), d.String(), "must be > 0s"))
	}
	if d := w.UnauthorizedTTL.Duration; d < 0 {
		errs = append(errs, field.Invalid(path.Child("unauthorizedTTL"), d.String(), "must be > 0s"))
	}
	choice := func(name, value string, required string, of ...string) {
		switch at := path.Child(name); {
		case value == "" && required != "-":
			errs = append(errs, field.Required(at, required))
		case value != "" && !slices.Contains(of, value):
			errs = append(errs, field.NotSupported(at, value, of))
		}
	}
	choice("subjectAccessReviewVersion", w.Version, "", "v1", "v1beta1")
	if len(w.Conditions) > 0 {
		choice("matchConditionSubjectAccessReviewVersion", w.ConditionVersion, "required if match conditions are specified", "v1")
	} else {
		choice("matchConditionSubjectAccessReviewVersion", w.ConditionVersion, "-", "v1")
	}
	choice("failurePolicy", w.FailurePolicy, "", "NoOpinion", "Deny")
	errs = append(errs, w.Connection.faults(path.Child("connectionInfo"))...)
	return append(errs, w.conditionFaults(path.Child("matchConditions"))...)
}

// faults: a server that finds out in the cluster where it is to ask would ask itself, so the file must be named.
func (c *Connection) faults(path *field.Path) field.ErrorList {
	at := path.Child("kubeConfigFile")
	switch {
	case c.Type == "":
		return field.ErrorList{field.Required(path.Child("type"), "")}
	case c.Type != "KubeConfigFile":
		return field.ErrorList{field.NotSupported(path.Child("type"), c.Type, []string{"KubeConfigFile"})}
	case c.KubeConfigFile == nil || *c.KubeConfigFile == "":
		return field.ErrorList{field.Required(at, "")}
	case !filepath.IsAbs(*c.KubeConfigFile):
		return field.ErrorList{field.Invalid(at, *c.KubeConfigFile, "must be an absolute path")}
	}
	if info, err := os.Stat(*c.KubeConfigFile); err != nil {
		return field.ErrorList{field.Invalid(at, *c.KubeConfigFile, fmt.Sprintf("error loading file: %v", err))}
	} else if !info.Mode().IsRegular() {
		return field.ErrorList{field.Invalid(at, *c.KubeConfigFile, "must be a regular file")}
	}
	return nil
}

// maxConditions is how many a webhook may have.
const maxConditions = 64

func (w *WebhookEntry) conditionFaults(path *field.Path) (errs field.ErrorList) {
	if len(w.Conditions) > maxConditions {
		return field.ErrorList{field.TooMany(path, len(w.Conditions), maxConditions)}
	}
	seen := map[string]bool{}
	for i, c := range w.Conditions {
		at := path.Index(i).Child("expression")
		switch {
		case strings.TrimSpace(c.Expression) == "":
			errs = append(errs, field.Required(at, ""))
			continue
		case seen[c.Expression]:
			errs = append(errs, field.Duplicate(at, c.Expression))
			continue
		}
		seen[c.Expression] = true
		if err := remote.Compile(c.Expression); err != nil {
			errs = append(errs, field.Invalid(at, c.Expression, err.Error()))
		}
	}
	return errs
}

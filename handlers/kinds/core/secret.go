package core

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"maps"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var secrets = kind.Kind{Group: group, Resource: "secrets", Strategy: secret}

func secret(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Default = kind.OnDefault(mergeStringData)
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *corev1.Secret) error {
		if o.Type == "" {
			o.Type = old.Type
		}
		return nil
	})
	s.ValidateCreate = kind.Check(validateSecret)
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *corev1.Secret) field.ErrorList {
		// Faults of the change come before those of the new content.
		errs := kind.Unchanged(o.Type, old.Type, field.NewPath("type"))
		if old.Immutable != nil && *old.Immutable {
			if o.Immutable == nil || !*o.Immutable {
				errs = append(errs, field.Forbidden(field.NewPath("immutable"), frozen))
			}
			if !maps.EqualFunc(o.Data, old.Data, bytes.Equal) {
				errs = append(errs, field.Forbidden(field.NewPath("data"), frozen))
			}
		}
		return append(errs, validateSecret(o)...)
	})
	s.Warnings = kind.Warn(func(o, _ *corev1.Secret) []string { return secretWarnings(o) })
}

// mergeStringData moves the write-only stringData into data, where it takes precedence. It runs when a body is decoded, so that the
// writer becomes the owner of data.
func mergeStringData(o *corev1.Secret) {
	if len(o.StringData) > 0 && o.Data == nil {
		o.Data = make(map[string][]byte, len(o.StringData))
	}
	for k, v := range o.StringData {
		o.Data[k] = []byte(v)
	}
	o.StringData = nil
}

// required are the keys that data must have, by type of Secret.
var required = map[string][]string{
	"kubernetes.io/dockercfg":        {".dockercfg"},
	"kubernetes.io/dockerconfigjson": {".dockerconfigjson"},
	"kubernetes.io/tls":              {"tls.crt", "tls.key"},
}

func validateSecret(o *corev1.Secret) field.ErrorList {
	data := field.NewPath("data")
	errs, size := dataKeys(o.Data, data)
	if size > maxData {
		errs = append(errs, field.TooLong(data, "", maxData))
	}
	for _, k := range required[o.Type] {
		if _, ok := o.Data[k]; !ok {
			errs = append(errs, field.Required(data.Key(k), ""))
		}
	}
	switch o.Type {
	case "kubernetes.io/service-account-token":
		const name = "kubernetes.io/service-account.name"
		if o.Annotations[name] == "" {
			errs = append(errs, field.Required(field.NewPath("metadata", "annotations").Key(name), ""))
		}
	case "kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson":
		k := required[o.Type][0]
		if b, ok := o.Data[k]; ok {
			if err := json.Unmarshal(b, &map[string]any{}); err != nil {
				errs = append(errs, field.Invalid(data.Key(k), "<secret contents redacted>", err.Error()))
			}
		}
	case "kubernetes.io/basic-auth":
		_, user := o.Data["username"]
		_, password := o.Data["password"]
		if !user && !password {
			errs = append(errs, field.Required(data.Key("username"), ""), field.Required(data.Key("password"), ""))
		}
	case "kubernetes.io/ssh-auth":
		if len(o.Data["ssh-privatekey"]) == 0 {
			errs = append(errs, field.Required(data.Key("ssh-privatekey"), ""))
		}
	}
	return errs
}

// secretWarnings warns of a TLS key that does not match its certificate.
func secretWarnings(o *corev1.Secret) []string {
	if o.Type != "kubernetes.io/tls" {
		return nil
	}
	if _, err := tls.X509KeyPair(o.Data["tls.crt"], o.Data["tls.key"]); err != nil {
		return []string{err.Error()}
	}
	return nil
}

package strategy

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// maxData is how many bytes the values of a Secret or a ConfigMap may have together.
const maxData = 1 << 20

const frozen = "field is immutable when `immutable` is set"

func secrets(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, o *corev1.Secret) error { mergeStringData(o); return nil })
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old *corev1.Secret) error {
		mergeStringData(o)
		if o.Type == "" {
			o.Type = old.Type
		}
		return nil
	})
	s.ValidateCreate = check(validateSecret)
	s.ValidateUpdate = checkUpdate(func(o, old *corev1.Secret) field.ErrorList {
		// What may not change comes before what is wrong with the new content.
		errs := unchanged(o.Type, old.Type, field.NewPath("type"))
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
}

// mergeStringData moves the write-only texts into data, where they win.
func mergeStringData(o *corev1.Secret) {
	if len(o.StringData) > 0 && o.Data == nil {
		o.Data = make(map[string][]byte, len(o.StringData))
	}
	for k, v := range o.StringData {
		o.Data[k] = []byte(v)
	}
	o.StringData = nil
}

// required lists, by type of Secret, the keys that its data must have.
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

// dataKeys checks the names of values and adds up their sizes.
func dataKeys[V string | []byte](data map[string]V, path *field.Path) (errs field.ErrorList, size int) {
	for _, k := range slices.Sorted(maps.Keys(data)) {
		for _, msg := range validation.IsConfigMapKey(k) {
			errs = append(errs, field.Invalid(path.Key(k), k, msg))
		}
		size += len(data[k])
	}
	return errs, size
}

func configMaps(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *corev1.ConfigMap) field.ErrorList {
		data, binary := field.NewPath("data"), field.NewPath("binaryData")
		errs, size := dataKeys(o.Data, data)
		for _, k := range slices.Sorted(maps.Keys(o.Data)) {
			if _, ok := o.BinaryData[k]; ok {
				errs = append(errs, field.Invalid(data.Key(k), k, "duplicate of key present in binaryData"))
			}
		}
		more, binarySize := dataKeys(o.BinaryData, binary)
		errs = append(errs, more...)
		if size+binarySize > maxData {
			errs = append(errs, field.TooLong(field.NewPath(""), "", maxData))
		}
		return errs
	})
	s.ValidateUpdate = checkUpdate(func(o, old *corev1.ConfigMap) field.ErrorList {
		var errs field.ErrorList
		if old.Immutable == nil || !*old.Immutable {
			return nil
		}
		if o.Immutable == nil || !*o.Immutable {
			errs = append(errs, field.Forbidden(field.NewPath("immutable"), frozen))
		}
		if !maps.Equal(o.Data, old.Data) {
			errs = append(errs, field.Forbidden(field.NewPath("data"), frozen))
		}
		if !maps.EqualFunc(o.BinaryData, old.BinaryData, bytes.Equal) {
			errs = append(errs, field.Forbidden(field.NewPath("binaryData"), frozen))
		}
		return errs
	})
}

package apiextensions

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// names are judged where they are there; which of them must be is the spec's.
func names(n *upstream.CustomResourceDefinitionNames, path *field.Path) (errs field.ErrorList) {
	label := func(path *field.Path, value, text, prefix string) {
		if msgs := validation.IsDNS1035Label(text); len(msgs) > 0 {
			errs = append(errs, field.Invalid(path, value, prefix+strings.Join(msgs, ",")))
		}
	}
	const mixed = "may have mixed case, but should otherwise match: "
	for _, one := range []struct{ field, value, text, prefix string }{
		{"plural", n.Plural, n.Plural, ""}, {"singular", n.Singular, n.Singular, ""},
		{"kind", n.Kind, strings.ToLower(n.Kind), mixed}, {"listKind", n.ListKind, strings.ToLower(n.ListKind), mixed},
	} {
		if one.value != "" {
			label(path.Child(one.field), one.value, one.text, one.prefix)
		}
	}
	for i, short := range n.ShortNames {
		label(path.Child("shortNames").Index(i), short, short, "")
	}
	if n.Kind != "" && n.Kind == n.ListKind {
		errs = append(errs, field.Invalid(path.Child("listKind"), n.ListKind, "kind and listKind may not be the same"))
	}
	for i, category := range n.Categories {
		label(path.Child("categories").Index(i), category, category, "")
	}
	return errs
}

const longestWarning = 256

func deprecation(deprecated bool, warning *string) (msgs []string) {
	if warning == nil {
		return nil
	}
	if !deprecated {
		return []string{"can only be set for deprecated versions"}
	}
	if len(*warning) > longestWarning {
		msgs = append(msgs, "must be <= 256 characters long")
	}
	if *warning == "" {
		msgs = append(msgs, "must not be an empty string")
	}
	for i, r := range *warning {
		if !unicode.IsPrint(r) {
			msgs = append(msgs, fmt.Sprintf("must only contain printable UTF-8 characters; non-printable character found at index %d", i))
			break
		}
	}
	if !utf8.ValidString(*warning) {
		msgs = append(msgs, "must only contain printable UTF-8 characters")
	}
	return msgs
}

var (
	columnTypes   = []string{"boolean", "date", "integer", "number", "string"}
	columnFormats = []string{"byte", "date", "date-time", "double", "float", "int32", "int64", "password"}
)

func columns(list []upstream.CustomResourceColumnDefinition, path *field.Path) (errs field.ErrorList) {
	types := "must be one of " + strings.Join(columnTypes, ",")
	for i := range list {
		c, at := &list[i], path.Index(i)
		if c.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		}
		if c.Type == "" {
			errs = append(errs, field.Required(at.Child("type"), types))
		} else if !slices.Contains(columnTypes, c.Type) {
			errs = append(errs, field.Invalid(at.Child("type"), c.Type, types))
		}
		if c.Format != "" && !slices.Contains(columnFormats, c.Format) {
			errs = append(errs, field.Invalid(at.Child("format"), c.Format, "must be one of "+strings.Join(columnFormats, ",")))
		}
		errs = append(errs, kind.Needed(at.Child("JSONPath"), c.JSONPath, simplePath)...)
	}
	return errs
}

// simplePath is a path of names behind dots. What stands between the dots is not looked at.
func simplePath(path *field.Path, s string) field.ErrorList {
	if s[0] == '.' {
		return nil
	}
	return field.ErrorList{field.Invalid(path, s, "must be a simple json path starting with .")}
}

// under is a simple path below one of the fields.
func under(path *field.Path, s, what string, fields ...string) field.ErrorList {
	return kind.Needed(path, s, func(path *field.Path, s string) field.ErrorList {
		errs := simplePath(path, s)
		if len(errs) == 0 && !slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(s, f) }) {
			errs = append(errs, field.Invalid(path, s, "should be a json path under "+what))
		}
		return errs
	})
}

func subresources(s *upstream.CustomResourceSubresources, path *field.Path) (errs field.ErrorList) {
	if s == nil || s.Scale == nil {
		return nil
	}
	errs = append(errs, under(path.Child("scale.specReplicasPath"), s.Scale.SpecReplicasPath, ".spec", ".spec.")...)
	errs = append(errs, under(path.Child("scale.statusReplicasPath"), s.Scale.StatusReplicasPath, ".status", ".status.")...)
	if selector := s.Scale.LabelSelectorPath; selector != nil && *selector != "" {
		errs = append(errs, under(path.Child("scale.labelSelectorPath"), *selector, "either .spec or .status", ".spec.", ".status.")...)
	}
	return errs
}

const mostSelectable = 8

// selectable are fields that lists can be filtered by: paths to plain values in a schema.
func selectable(list []upstream.SelectableField, in *hubSchema, crowded bool, parent *field.Path) (errs field.ErrorList) {
	schema, err := structuralOf(in)
	if err != nil {
		errs = append(errs, field.Invalid(parent.Child("schema.openAPIV3Schema"), "", err.Error()))
	}
	path := parent.Child("selectableFields")
	seen := map[string]bool{}
	for i, f := range list {
		at := path.Index(i).Child("jsonPath")
		if f.JSONPath == "" {
			errs = append(errs, field.Required(at, ""))
			continue
		}
		if schema == nil {
			continue
		}
		to, found, err := schemacel.ValidFieldPath(f.JSONPath, schema, schemacel.WithFieldPathAllowArrayNotation(false))
		if err != nil {
			errs = append(errs, field.Invalid(at, f.JSONPath, fmt.Sprintf("is an invalid path: %v", err)))
			continue
		}
		if to.Root().String() == "metadata" {
			errs = append(errs, field.Invalid(at, f.JSONPath, "must not point to fields in metadata"))
		}
		if found == nil || found.Type != "string" && found.Type != "boolean" && found.Type != "integer" {
			errs = append(errs, field.Invalid(at, f.JSONPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."))
		}
		if seen[to.String()] {
			errs = append(errs, field.Duplicate(at, f.JSONPath))
		}
		seen[to.String()] = true
	}
	if n := len(seen); n > mostSelectable && !crowded {
		errs = append(errs, field.TooMany(path, n, mostSelectable))
	}
	return errs
}

func conversion(c *upstream.CustomResourceConversion, opts options, path *field.Path) (errs field.ErrorList) {
	if c == nil {
		return nil
	}
	errs = append(errs, kind.Needed(path.Child("strategy"), string(c.Strategy), func(path *field.Path, s string) field.ErrorList {
		return kind.Among(path, s, "None", "Webhook")
	})...)
	at, reviews := path.Child("webhookClientConfig"), path.Child("conversionReviewVersions")
	if c.Strategy != upstream.WebhookConverter {
		const other = "should not be set when strategy is not set to Webhook"
		if c.WebhookClientConfig != nil {
			errs = append(errs, field.Forbidden(at, other))
		}
		if len(c.ConversionReviewVersions) > 0 {
			errs = append(errs, field.Forbidden(reviews, other))
		}
		return errs
	}
	switch w := c.WebhookClientConfig; {
	case w == nil:
		errs = append(errs, field.Required(at, "required when strategy is set to Webhook"))
	case (w.URL == nil) == (w.Service == nil):
		errs = append(errs, field.Required(at, "exactly one of url or service is required"))
	case w.URL != nil:
		errs = append(errs, kind.WebhookURL(at.Child("url"), *w.URL)...)
	default:
		errs = append(errs, kind.WebhookService(at.Child("service"), w.Service.Namespace, w.Service.Name, w.Service.Path, w.Service.Port)...)
	}
	if w := c.WebhookClientConfig; w != nil && opts.validBundle {
		if err := bundleFault(w.CABundle); err != nil {
			errs = append(errs, field.Invalid(at.Child("caBundle"), w.CABundle, err.Error()))
		}
	}
	return append(errs, kind.ReviewVersions(c.ConversionReviewVersions, opts.knownReviewVersion, "", reviews)...)
}

// bundleFault is why certificates cannot be read; none are fine.
func bundleFault(bundle []byte) error {
	if len(bundle) == 0 || x509.NewCertPool().AppendCertsFromPEM(bundle) {
		return nil
	}
	const load = "unable to load root certificates: %w"
	for rest := bundle; len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return fmt.Errorf(load, errors.New("unable to parse bytes as PEM block"))
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf(load, fmt.Errorf("failed to parse certificate: %w", err))
		}
	}
	return fmt.Errorf(load, errors.New("no valid certificate authority data seen"))
}

package certificates

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var trustBundles = kind.Kind{Group: group, Resource: "clustertrustbundles", Strategy: trustBundle}

// trustBundle names begin with the signer's name.
func trustBundle(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	signer := kind.Compile(row, "spec.signerName")
	s.ValidateName = func(string, bool) []string { return nil } // the name depends on the signer
	bundle := kind.Compile(row, "spec.trustBundle")
	judge := func(o, old object.Object) field.ErrorList {
		errs := bundleName(o.GetGenerateName(), kind.Text(signer.Get(o)), true, "generateName")
		errs = append(errs, bundleName(o.GetName(), kind.Text(signer.Get(o)), false, "name")...)
		if name := kind.Text(signer.Get(o)); name != "" {
			errs = append(errs, kind.SignerName(spec.Child("signerName"), name)...)
		}
		// Unchanged certificates are not parsed again, because newer Go versions parse more strictly.
		if text := kind.Text(bundle.Get(o)); old == nil || text != kind.Text(bundle.Get(old)) {
			errs = append(errs, trustAnchors(text, spec.Child("trustBundle"))...)
		}
		return errs
	}
	s.ValidateCreate = func(_ context.Context, o object.Object) field.ErrorList { return judge(o, nil) }
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) field.ErrorList { return judge(o, old) }
}

// bundleName requires the signer's name, if there is one, as the prefix of the name or generateName.
func bundleName(name, signerName string, prefixOnly bool, of string) field.ErrorList {
	path := field.NewPath("metadata", of)
	if name == "" {
		return nil
	}
	if signerName == "" {
		if strings.Contains(name, ":") {
			return field.ErrorList{field.Invalid(path, name, `ClusterTrustBundle without signer name must not have ":" in its name`)}
		}
		return kind.Faults(path, name, apivalidation.NameIsDNSSubdomain(name, prefixOnly))
	}
	prefix := strings.ReplaceAll(signerName, "/", ":") + ":"
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("ClusterTrustBundle for signerName %s must be named with prefix %s", signerName, prefix))}
	}
	return kind.Faults(path, name, apivalidation.NameIsDNSSubdomain(rest, prefixOnly))
}

const largestBundle = 1024 * 1024

// trustAnchors requires at least one PEM certificate of a CA, without duplicates.
func trustAnchors(text string, path *field.Path) (errs field.ErrorList) {
	if len(text) > largestBundle {
		return field.ErrorList{field.TooLong(path, "", largestBundle)}
	}
	tell := func(format string, args ...any) {
		errs = append(errs, field.Invalid(path, "<value omitted>", fmt.Sprintf(format, args...)))
	}
	var order []string
	entries := map[string][]int{}
	rest := []byte(text)
	for i := 0; ; i++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			tell("entry %d has bad block type: %v", i, block.Type)
			continue
		}
		if len(block.Headers) > 0 {
			tell("entry %d has PEM block headers", i)
			continue
		}
		switch certificate, err := x509.ParseCertificate(block.Bytes); {
		case err != nil:
			tell("entry %d does not parse as X.509", i)
		case !certificate.IsCA:
			tell("entry %d does not have the CA bit set", i)
		case !certificate.BasicConstraintsValid:
			tell("entry %d has invalid basic constraints", i)
		default:
			key := string(block.Bytes)
			if entries[key] == nil {
				order = append(order, key)
			}
			entries[key] = append(entries[key], i)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	if len(entries) == 0 {
		tell("at least one trust anchor must be provided")
	}
	for _, key := range order {
		if at := entries[key]; len(at) > 1 {
			tell("duplicate trust anchor (indices %v)", at)
		}
	}
	return errs
}

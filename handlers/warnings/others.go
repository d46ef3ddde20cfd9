package warnings

import (
	"crypto/tls"
	"fmt"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// secret: a key that is not that of its certificate is found by whoever uses it, later.
func secret(o *corev1.Secret) []string {
	if o.Type != "kubernetes.io/tls" {
		return nil
	}
	if _, err := tls.X509KeyPair(o.Data["tls.crt"], o.Data["tls.key"]); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func serviceAccount(o *corev1.ServiceAccount, old object.Object) []string {
	const key = "kubernetes.io/enforce-mountable-secrets"
	if _, ok := o.Annotations[key]; !ok {
		return nil
	}
	if old != nil {
		if _, ok := old.GetAnnotations()[key]; ok {
			return nil
		}
	}
	return []string{said(metadata.Child("annotations").Key(key), "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")}
}

// quota: more requested than limited can never be used up.
func quota(o *corev1.ResourceQuota, old object.Object) (out []string) {
	if old != nil {
		return nil
	}
	for _, name := range []string{"cpu", "memory", "storage", "ephemeral-storage"} {
		requests, limits := "requests."+name, "limits."+name
		request, ok := o.Spec.Hard[requests]
		if !ok && (name == "cpu" || name == "memory") {
			requests = name
			request, ok = o.Spec.Hard[requests]
		}
		limit, limited := o.Spec.Hard[limits]
		if ok && limited && request.Cmp(limit) > 0 {
			out = append(out, fmt.Sprintf("ResourceQuota %s (%s) should be less than %s (%s)", requests, request.String(), limits, limit.String()))
		}
	}
	return out
}

func driverName(name string) []string {
	if name == strings.ToLower(name) {
		return nil
	}
	return []string{fmt.Sprintf("spec.driver: driver names should be lowercase; %q contains uppercase characters", name)}
}

func staticName(name string) []string {
	const suffix = ".static.k8s.io"
	if !strings.HasSuffix(name, suffix) {
		return nil
	}
	return []string{fmt.Sprintf("metadata.name: names ending with %q are reserved for static manifest-based configurations and cannot be managed via the API", suffix)}
}

func runtimeClass(o *nodev1.RuntimeClass) (out []string) {
	if o.Scheduling == nil {
		return nil
	}
	for _, k := range keys(o.Scheduling.NodeSelector) {
		if msg, old := oldLabels[k]; old {
			out = append(out, said(field.NewPath("scheduling", "nodeSelector"), "%s", msg))
		}
	}
	return out
}

func storageClass(o *storagev1.StorageClass) (out []string) {
	for i, t := range o.AllowedTopologies {
		for j, e := range t.MatchLabelExpressions {
			if msg, old := oldLabels[e.Key]; old {
				out = append(out, said(field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key"), "%s", msg))
			}
		}
	}
	return out
}

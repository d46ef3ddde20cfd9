package warnings

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
)

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

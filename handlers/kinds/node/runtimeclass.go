package node

import (
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var runtimeClasses = kind.Kind{
	Group: "node.k8s.io", Resource: "runtimeclasses",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(validateRuntimeClass)
		s.Warnings = kind.Warn(warnOfLabels)
	},
}

func validateRuntimeClass(o *nodev1.RuntimeClass) field.ErrorList {
	errs := kind.Needed(field.NewPath("handler"), o.Handler, kind.DNSLabel)
	if o.Overhead != nil && podspec.PagesAlone(o.Overhead.PodFixed) {
		errs = append(errs, field.Forbidden(field.NewPath("overhead"), "HugePages require cpu or memory"))
	}
	if o.Scheduling == nil {
		return errs
	}
	at := field.NewPath("scheduling")
	errs = append(errs, metavalidation.ValidateLabels(o.Scheduling.NodeSelector, at.Child("nodeSelector"))...)
	list := at.Child("tolerations")
	seen := make(map[corev1.Toleration]bool, len(o.Scheduling.Tolerations))
	for i, t := range o.Scheduling.Tolerations {
		key := t
		key.TolerationSeconds = nil // is not part of the identity
		if seen[key] {
			errs = append(errs, field.Duplicate(list.Index(i), display.Value(t)))
		}
		seen[key] = true
		errs = append(errs, podspec.NoComparison(&t, list.Index(i))...)
	}
	return errs
}

func warnOfLabels(o, _ *nodev1.RuntimeClass) (out []string) {
	if o.Scheduling == nil {
		return nil
	}
	for _, k := range kind.SortedKeys(o.Scheduling.NodeSelector) {
		if msg, old := kind.OldLabels[k]; old {
			out = append(out, kind.Said(field.NewPath("scheduling", "nodeSelector"), "%s", msg))
		}
	}
	return out
}

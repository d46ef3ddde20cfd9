package core

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var podTemplates = kind.Kind{
	Group: group, Resource: "podtemplates",
	Strategy: podTemplate,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultPodTemplate)},
}

func podTemplate(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateWith = kind.CheckWith(func(o, old *corev1.PodTemplate) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Template
		}
		return podspec.ValidateTemplate(d, &o.Template, was, field.NewPath("template"))
	})
	s.Warnings = kind.Warn(func(o, old *corev1.PodTemplate) []string {
		return podspec.TemplateWarnings(o, old, &o.Template, field.NewPath("template"))
	})
}

func defaultPodTemplate(t *corev1.PodTemplate) {
	podspec.DefaultTemplate(&t.Template)
	t.SetDefaults()
}

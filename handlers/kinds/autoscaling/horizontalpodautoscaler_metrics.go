package autoscaling

import (
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"

	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

var metricTypes = []string{"ContainerResource", "External", "Object", "Pods", "Resource"}

// metric validates one metric, which must have the member that its type names and no other.
func metric(m *autoscalingv2.MetricSpec, described bool, path *field.Path) (errs field.ErrorList) {
	at := path.Child("type")
	known := slices.Contains(metricTypes, m.Type)
	if m.Type == "" {
		errs = append(errs, field.Required(at, "must specify a metric source type"))
	}
	if !known {
		errs = append(errs, field.NotSupported(at, m.Type, metricTypes))
	}
	// Upstream validates the first member that is set, whatever the type is.
	members := []struct {
		kind, name string
		set        bool
		check      func(*field.Path) field.ErrorList
	}{
		{"Object", "object", m.Object != nil, func(p *field.Path) field.ErrorList { return objectMetric(m.Object, described, p) }},
		{"External", "external", m.External != nil, func(p *field.Path) field.ErrorList { return externalMetric(m.External, p) }},
		{"Pods", "pods", m.Pods != nil, func(p *field.Path) field.ErrorList { return podsMetric(m.Pods, p) }},
		{"Resource", "resource", m.Resource != nil, func(p *field.Path) field.ErrorList { return resourceMetric(m.Resource, p) }},
		{"ContainerResource", "containerResource", m.ContainerResource != nil, func(p *field.Path) field.ErrorList { return containerMetric(m.ContainerResource, p) }},
	}
	n := 0
	for _, x := range members {
		if x.set {
			if n++; n == 1 {
				errs = append(errs, x.check(path.Child(x.name))...)
			}
		}
	}
	for _, x := range members {
		if x.kind == m.Type && !x.set {
			errs = append(errs, field.Required(path.Child(x.name), "must populate information for the given metric source"))
		}
	}
	for _, x := range members {
		if n > 1 && x.set && x.kind != m.Type {
			errs = append(errs, field.Forbidden(path.Child(x.name), "must populate the given metric source only"))
		}
	}
	return errs
}

func metricName(id *autoscalingv2.MetricIdentifier, path *field.Path) field.ErrorList {
	if id.Name == "" {
		return field.ErrorList{field.Required(path.Child("name"), "must specify a metric name")}
	}
	return kind.Segment(path.Child("name"), id.Name)
}

func metricTarget(t *autoscalingv2.MetricTarget, path *field.Path) (errs field.ErrorList) {
	if t.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "must specify a metric target type"))
	}
	if t.Type != "Utilization" && t.Type != "Value" && t.Type != "AverageValue" {
		errs = append(errs, field.Invalid(path.Child("type"), t.Type, "must be either Utilization, Value, or AverageValue"))
	}
	if t.Value != nil && t.Value.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("value"), t.Value, "must be positive"))
	}
	if t.AverageValue != nil && t.AverageValue.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("averageValue"), t.AverageValue, "must be positive"))
	}
	if u := t.AverageUtilization; u != nil && *u < 1 {
		errs = append(errs, field.Invalid(path.Child("averageUtilization"), *u, "must be greater than 0"))
	}
	return errs
}

// objectMetric is about an object, the version of which is looked at when described is set.
func objectMetric(s *autoscalingv2.ObjectMetricSource, described bool, path *field.Path) field.ErrorList {
	o := s.DescribedObject
	errs := reference(o.Kind, o.Name, path.Child("describedObject"))
	if described {
		errs = append(errs, inVersion(o.APIVersion, true, path.Child("describedObject"))...)
	}
	errs = append(errs, metricName(&s.Metric, path.Child("metric"))...)
	errs = append(errs, metricTarget(&s.Target, path.Child("target"))...)
	if s.Target.Value == nil && s.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value or averageValue"))
	}
	return errs
}

func externalMetric(s *autoscalingv2.ExternalMetricSource, path *field.Path) field.ErrorList {
	errs := append(metricName(&s.Metric, path.Child("metric")), metricTarget(&s.Target, path.Child("target"))...)
	switch value, average := s.Target.Value != nil, s.Target.AverageValue != nil; {
	case !value && !average:
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value for metric or a per-pod target"))
	case value && average:
		errs = append(errs, field.Forbidden(path.Child("target", "value"), "may not set both a target value for metric and a per-pod target"))
	}
	return errs
}

func podsMetric(s *autoscalingv2.PodsMetricSource, path *field.Path) field.ErrorList {
	errs := append(metricName(&s.Metric, path.Child("metric")), metricTarget(&s.Target, path.Child("target"))...)
	if s.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must specify a positive target averageValue"))
	}
	return errs
}

func resourceMetric(s *autoscalingv2.ResourceMetricSource, path *field.Path) (errs field.ErrorList) {
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "must specify a resource name"))
	}
	return append(errs, usage(&s.Target, path.Child("target"))...)
}

func containerMetric(s *autoscalingv2.ContainerResourceMetricSource, path *field.Path) (errs field.ErrorList) {
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "must specify a resource name"))
	} else {
		errs = append(errs, podspec.ContainerResourceName(s.Name, path.Child("name"))...)
	}
	if s.Container == "" {
		errs = append(errs, field.Required(path.Child("container"), "must specify a container"))
	} else {
		errs = append(errs, kind.DNSLabel(path.Child("container"), s.Container)...)
	}
	return append(errs, usage(&s.Target, path.Child("target"))...)
}

// usage validates the target of a resource metric: an average value or a utilization.
func usage(t *autoscalingv2.MetricTarget, path *field.Path) field.ErrorList {
	errs := metricTarget(t, path)
	switch share, average := t.AverageUtilization != nil, t.AverageValue != nil; {
	case !share && !average:
		errs = append(errs, field.Required(path.Child("averageUtilization"), "must set either a target raw value or a target utilization"))
	case share && average:
		errs = append(errs, field.Forbidden(path.Child("averageValue"), "may not set both a target raw value and a target utilization"))
	}
	return errs
}

// Bounds of stabilization windows and periods in seconds.
const maxWindow, maxPeriod = 3600, 1800

func scalingRules(r *autoscalingv2.HPAScalingRules, path *field.Path) (errs field.ErrorList) {
	if r == nil {
		return nil
	}
	at := path.Child("stabilizationWindowSeconds")
	if w := r.StabilizationWindowSeconds; w != nil && *w < 0 {
		errs = append(errs, field.Invalid(at, *w, "must be greater than or equal to zero"))
	}
	if w := r.StabilizationWindowSeconds; w != nil && *w > maxWindow {
		errs = append(errs, field.Invalid(at, *w, "must be less than or equal to "+strconv.Itoa(int(maxWindow))))
	}
	if r.SelectPolicy != nil {
		errs = append(errs, kind.Among(path.Child("selectPolicy"), *r.SelectPolicy, "Disabled", "Max", "Min")...)
	}
	if len(r.Policies) == 0 {
		errs = append(errs, field.Required(path.Child("policies"), "must specify at least one Policy"))
	}
	for i, p := range r.Policies {
		at := path.Child("policies").Index(i)
		errs = append(errs, kind.Among(at.Child("type"), p.Type, "Percent", "Pods")...)
		if p.Value <= 0 {
			errs = append(errs, field.Invalid(at.Child("value"), p.Value, "must be greater than zero"))
		}
		if p.PeriodSeconds <= 0 {
			errs = append(errs, field.Invalid(at.Child("periodSeconds"), p.PeriodSeconds, "must be greater than zero"))
		}
		if p.PeriodSeconds > maxPeriod {
			errs = append(errs, field.Invalid(at.Child("periodSeconds"), p.PeriodSeconds, "must be less than or equal to "+strconv.Itoa(int(maxPeriod))))
		}
	}
	if r.Tolerance != nil && r.Tolerance.Sign() < 0 {
		errs = append(errs, field.Invalid(path.Child("tolerance"), r.Tolerance.String(), "must be greater than or equal to 0"))
	}
	return errs
}

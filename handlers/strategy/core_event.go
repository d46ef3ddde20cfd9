package strategy

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Events are served by two groups from one store. The older takes whatever was always taken; the newer is strict.

func coreEvents(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(e *corev1.Event) field.ErrorList {
		return validateEvent(&eventFacts{e.ObjectMeta, e.InvolvedObject.Namespace, e.ReportingController, e.ReportingInstance, e.Action, e.Reason, e.Message, e.EventTime.Time}, "reportingComponent")
	})
	s.Fields = withFields(s.Fields, func(e *corev1.Event, set fields.Set) {
		if set["source"] = e.Source.Component; e.Source.Component == "" {
			set["source"] = e.ReportingController
		}
	})
}

func newEvents(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(e *eventsv1.Event) field.ErrorList {
		return validateEvent(&eventFacts{e.ObjectMeta, e.Regarding.Namespace, e.ReportingController, e.ReportingInstance, e.Action, e.Reason, e.Note, e.EventTime.Time}, "reportingController")
	})
	s.ValidateCreate = check(func(e *eventsv1.Event) field.ErrorList {
		errs := eventSeries(e)
		if e.EventTime.IsZero() {
			errs = append(errs, field.Required(field.NewPath("eventTime"), ""))
		}
		if e.Type != "Normal" && e.Type != "Warning" {
			errs = append(errs, field.Invalid(field.NewPath("type"), "", fmt.Sprintf("has invalid value: %v", e.Type)))
		}
		for _, f := range []struct {
			name string
			set  bool
		}{
			{"firstTimestamp", !e.DeprecatedFirstTimestamp.IsZero()}, {"lastTimestamp", !e.DeprecatedLastTimestamp.IsZero()},
			{"count", e.DeprecatedCount != 0}, {"source", e.DeprecatedSource != corev1.EventSource{}},
		} {
			if f.set {
				errs = append(errs, field.Invalid(field.NewPath(f.name), "", "needs to be unset"))
			}
		}
		return errs
	})
	s.ValidateUpdate = checkUpdate(func(e, old *eventsv1.Event) (errs field.ErrorList) {
		if e.Series != nil && (old.Series == nil || *e.Series != *old.Series) {
			errs = append(errs, eventSeries(e)...)
		}
		for _, f := range []struct {
			name     string
			now, was any
		}{
			{"involvedObject", e.Regarding, old.Regarding}, {"reason", e.Reason, old.Reason}, {"message", e.Note, old.Note},
			{"source", e.DeprecatedSource, old.DeprecatedSource}, {"firstTimestamp", e.DeprecatedFirstTimestamp, old.DeprecatedFirstTimestamp},
			{"lastTimestamp", e.DeprecatedLastTimestamp, old.DeprecatedLastTimestamp}, {"count", e.DeprecatedCount, old.DeprecatedCount},
			{"type", e.Type, old.Type}, {"action", e.Action, old.Action}, {"related", e.Related, old.Related},
			{"reportingController", e.ReportingController, old.ReportingController}, {"reportingInstance", e.ReportingInstance, old.ReportingInstance},
		} {
			errs = append(errs, unchanged(f.now, f.was, field.NewPath(f.name))...)
		}
		if !e.EventTime.Truncate(time.Microsecond).Equal(old.EventTime.Truncate(time.Microsecond)) {
			errs = append(errs, field.Invalid(field.NewPath("eventTime"), e.EventTime, immutable))
		}
		return errs
	})
}

func eventSeries(e *eventsv1.Event) (errs field.ErrorList) {
	if e.Series == nil {
		return nil
	}
	if e.Series.Count < 2 {
		errs = append(errs, field.Invalid(field.NewPath("series.count"), "", "should be at least 2"))
	}
	if e.Series.LastObservedTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("series.lastObservedTime"), ""))
	}
	return errs
}

// eventFacts is what both versions of an event have.
type eventFacts struct {
	meta                                      metav1.ObjectMeta
	about                                     string // namespace of the object that the event is about
	controller, instance, action, reason, msg string
	time                                      time.Time
}

func validateEvent(e *eventFacts, controllerField string) (errs field.ErrorList) {
	involved := field.NewPath("involvedObject", "namespace")
	const mismatch = "does not match event.namespace"
	if e.time.IsZero() {
		allowed := e.about == e.meta.Namespace
		if e.about == "" {
			allowed = e.meta.Namespace == "" || e.meta.Namespace == metav1.NamespaceDefault
		}
		if !allowed {
			errs = append(errs, field.Invalid(involved, e.about, mismatch))
		}
	} else {
		if e.about == "" && e.meta.Namespace != metav1.NamespaceDefault && e.meta.Namespace != metav1.NamespaceSystem {
			errs = append(errs, field.Invalid(involved, e.about, mismatch))
		}
		if e.controller == "" {
			errs = append(errs, field.Required(field.NewPath(controllerField), ""))
		}
		for _, msg := range validation.IsQualifiedName(e.controller) {
			errs = append(errs, field.Invalid(field.NewPath(controllerField), e.controller, msg))
		}
		for _, f := range []struct {
			name, value string
			max         int
			required    bool
		}{{"reportingInstance", e.instance, 128, true}, {"action", e.action, 128, true}, {"reason", e.reason, 128, true}, {"message", e.msg, 1024, false}} {
			if f.required && f.value == "" {
				errs = append(errs, field.Required(field.NewPath(f.name), ""))
			}
			if len(f.value) > f.max {
				errs = append(errs, field.Invalid(field.NewPath(f.name), "", fmt.Sprintf("can have at most %v characters", f.max)))
			}
		}
	}
	for _, msg := range validation.IsDNS1123Subdomain(e.meta.Namespace) {
		errs = append(errs, field.Invalid(field.NewPath("namespace"), e.meta.Namespace, msg))
	}
	return errs
}

package events

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Events are stored as those of the core group; this group validates them more strictly.
var events = kind.Kind{
	Group: group, Resource: "events",
	Strategy: event,
	Conversions: []kind.Conversion{
		{From: newer, To: older, Convert: kind.Converter(toCore)},
		{From: older, To: newer, Convert: kind.Converter(fromCore)},
	},
	Cells: core.EventCells,
}

var (
	newer = schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Event"}
	older = schema.GroupVersionKind{Version: "v1", Kind: "Event"}
)

func event(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateName = validation.NameIsDNSSubdomain
	s.Validate = kind.Check(func(e *eventsv1.Event) field.ErrorList {
		return core.ValidateEvent(&core.EventFacts{Meta: e.ObjectMeta, About: e.Regarding.Namespace, Controller: e.ReportingController, Instance: e.ReportingInstance,
			Action: e.Action, Reason: e.Reason, Message: e.Note, Time: e.EventTime.Time}, "reportingController")
	})
	s.ValidateCreate = kind.Check(func(e *eventsv1.Event) field.ErrorList {
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
	s.ValidateUpdate = kind.CheckUpdate(func(e, old *eventsv1.Event) (errs field.ErrorList) {
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
			errs = append(errs, kind.Unchanged(f.now, f.was, field.NewPath(f.name))...)
		}
		if !e.EventTime.Truncate(time.Microsecond).Equal(old.EventTime.Truncate(time.Microsecond)) {
			errs = append(errs, field.Invalid(field.NewPath("eventTime"), e.EventTime, kind.Immutable))
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

func toCore(in *eventsv1.Event) (*corev1.Event, error) {
	out := &corev1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Event"}, ObjectMeta: in.ObjectMeta,
		InvolvedObject: in.Regarding, Related: in.Related, Reason: in.Reason, Message: in.Note, Action: in.Action, Type: in.Type,
		EventTime: in.EventTime, ReportingController: in.ReportingController, ReportingInstance: in.ReportingInstance,
		Source: in.DeprecatedSource, FirstTimestamp: in.DeprecatedFirstTimestamp, LastTimestamp: in.DeprecatedLastTimestamp, Count: in.DeprecatedCount,
	}
	if s := in.Series; s != nil {
		out.Series = &corev1.EventSeries{Count: s.Count, LastObservedTime: s.LastObservedTime}
	}
	return out, nil
}

func fromCore(in *corev1.Event) (*eventsv1.Event, error) {
	out := &eventsv1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: "events.k8s.io/v1", Kind: "Event"}, ObjectMeta: in.ObjectMeta,
		Regarding: in.InvolvedObject, Related: in.Related, Reason: in.Reason, Note: in.Message, Action: in.Action, Type: in.Type,
		EventTime: in.EventTime, ReportingController: in.ReportingController, ReportingInstance: in.ReportingInstance,
		DeprecatedSource: in.Source, DeprecatedFirstTimestamp: in.FirstTimestamp, DeprecatedLastTimestamp: in.LastTimestamp, DeprecatedCount: in.Count,
	}
	if s := in.Series; s != nil {
		out.Series = &eventsv1.EventSeries{Count: s.Count, LastObservedTime: s.LastObservedTime}
	}
	return out, nil
}

package core

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Events are served by two groups from one store. The core group is lenient, events.k8s.io is strict.
var events = kind.Kind{Group: group, Resource: "events", Strategy: event, Cells: EventCells}

func event(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateName = kind.PathSegment
	s.Validate = kind.Check(func(e *corev1.Event) field.ErrorList {
		return ValidateEvent(&EventFacts{Meta: e.ObjectMeta, About: e.InvolvedObject.Namespace, Controller: e.ReportingController, Instance: e.ReportingInstance,
			Action: e.Action, Reason: e.Reason, Message: e.Message, Time: e.EventTime.Time}, "reportingComponent")
	})
	s.Fields = kind.WithFields(s.Fields, func(e *corev1.Event, set fields.Set) {
		if set["source"] = e.Source.Component; e.Source.Component == "" {
			set["source"] = e.ReportingController
		}
	})
}

// EventFacts are the fields that events of both groups have.
type EventFacts struct {
	Meta metav1.ObjectMeta
	// About is the namespace of the involved object.
	About                                         string
	Controller, Instance, Action, Reason, Message string
	Time                                          time.Time
}

// ValidateEvent validates an event of either group; controllerField is the name of its field for the controller.
func ValidateEvent(e *EventFacts, controllerField string) (errs field.ErrorList) {
	involved := field.NewPath("involvedObject", "namespace")
	const mismatch = "does not match event.namespace"
	if e.Time.IsZero() {
		allowed := e.About == e.Meta.Namespace
		if e.About == "" {
			allowed = e.Meta.Namespace == "" || e.Meta.Namespace == metav1.NamespaceDefault
		}
		if !allowed {
			errs = append(errs, field.Invalid(involved, e.About, mismatch))
		}
	} else {
		if e.About == "" && e.Meta.Namespace != metav1.NamespaceDefault && e.Meta.Namespace != metav1.NamespaceSystem {
			errs = append(errs, field.Invalid(involved, e.About, mismatch))
		}
		if e.Controller == "" {
			errs = append(errs, field.Required(field.NewPath(controllerField), ""))
		}
		for _, msg := range validation.IsQualifiedName(e.Controller) {
			errs = append(errs, field.Invalid(field.NewPath(controllerField), e.Controller, msg))
		}
		for _, f := range []struct {
			name, value string
			max         int
			required    bool
		}{{"reportingInstance", e.Instance, 128, true}, {"action", e.Action, 128, true}, {"reason", e.Reason, 128, true}, {"message", e.Message, 1024, false}} {
			if f.required && f.value == "" {
				errs = append(errs, field.Required(field.NewPath(f.name), ""))
			}
			if len(f.value) > f.max {
				errs = append(errs, field.Invalid(field.NewPath(f.name), "", fmt.Sprintf("can have at most %v characters", f.max)))
			}
		}
	}
	for _, msg := range validation.IsDNS1123Subdomain(e.Meta.Namespace) {
		errs = append(errs, field.Invalid(field.NewPath("namespace"), e.Meta.Namespace, msg))
	}
	return errs
}

// EventCells are the functions of columns of events of both groups.
var EventCells = kind.Cells{
	"eventCount":     kind.CellOfValues(eventCount),
	"eventFirstSeen": kind.CellOfValues(eventFirstSeen),
	"eventLastSeen":  kind.CellOfValues(eventLastSeen),
	"eventObject":    kind.CellOfValues(eventObject),
	"eventSource":    kind.CellOfValues(eventSource),
}

// eventFirstSeen is a column; its values are firstTimestamp and eventTime.
func eventFirstSeen(v kind.Values, now time.Time) any {
	if first := v.Time(0); !first.IsZero() {
		return kind.Age(first, now)
	}
	return kind.Age(v.Time(1), now)
}

// eventLastSeen is a column; its values are the last time of the series, lastTimestamp and those of eventFirstSeen.
func eventLastSeen(v kind.Values, now time.Time) any {
	if v[0] != nil {
		return kind.Age(v.Time(0), now)
	}
	if last := v.Time(1); !last.IsZero() {
		return kind.Age(last, now)
	}
	return eventFirstSeen(v[2:], now)
}

// eventCount is a column; its values are the count of the series and the event's own. No count means one.
func eventCount(v kind.Values, _ time.Time) any {
	switch {
	case v[0] != nil:
		return v[0]
	case v.Number(1) == 0:
		return int64(1)
	}
	return v[1]
}

// eventObject is a column; its values are kind and name.
func eventObject(v kind.Values, _ time.Time) any {
	lower := strings.ToLower(v.Text(0))
	if v.Text(1) == "" {
		return lower
	}
	return lower + "/" + v.Text(1)
}

// eventSource is a column; its values are component and host, then controller and instance of newer events.
func eventSource(v kind.Values, _ time.Time) any {
	component, instance := kind.FirstText(v.Text(0), v.Text(2)), kind.FirstText(v.Text(1), v.Text(3))
	if instance == "" {
		return component
	}
	return component + ", " + instance
}

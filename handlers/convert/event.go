package convert

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"
)

func eventToCore(in *eventsv1.Event) (*corev1.Event, error) {
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

func eventFromCore(in *corev1.Event) (*eventsv1.Event, error) {
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

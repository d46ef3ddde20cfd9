// Package record writes the events by which controllers tell people what they did about an object.
package record

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Recorder writes events of one component.
type Recorder struct {
	Writer    resource.Writer
	Component string
	// Action is what the component was about to do. Events with one are of the newer form: they tell when they were written, and
	// not how often.
	Action string
	Now    func() time.Time
	Log    *slog.Logger
}

var events = schema.GroupVersionResource{Version: "v1", Resource: "events"}

// Warn writes a warning about an object. An event that cannot be written is only logged: it changes nothing.
func (r *Recorder) Warn(ctx context.Context, about object.Object, reason, format string, args ...any) {
	now := metav1.NewTime(r.Now().Truncate(time.Second))
	namespace := about.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	version, kind := about.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	e := &corev1.Event{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s.%x", about.GetName(), r.Now().UnixNano())},
		InvolvedObject: corev1.ObjectReference{
			Kind: kind, Namespace: about.GetNamespace(), Name: about.GetName(), UID: string(about.GetUID()), APIVersion: version, ResourceVersion: about.GetResourceVersion(),
		},
		Reason: reason, Message: fmt.Sprintf(format, args...), Type: "Warning", Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: r.Component}, ReportingController: r.Component,
	}
	if r.Action != "" {
		at := metav1.NewMicroTime(r.Now())
		e.EventTime, e.Action, e.Count, e.Source = at, r.Action, 0, corev1.EventSource{}
		e.FirstTimestamp, e.LastTimestamp = metav1.Time{}, metav1.Time{}
		e.ReportingInstance = r.Component
		if host, err := os.Hostname(); err == nil {
			e.ReportingInstance += "-" + host
		}
	}
	if err := r.Writer.Create(ctx, resource.OwnWrite{Resource: events}, e); err != nil && ctx.Err() == nil {
		r.Log.Warn("writing an event", "about", about.GetName(), "reason", reason, "error", err)
	}
}

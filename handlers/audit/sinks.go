package audit

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"

	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// Sinks tells several ones.
type Sinks []Sink

// Process is true when all have it safe.
func (s Sinks) Process(events ...*Event) bool {
	safe := true
	for _, x := range s {
		safe = x.Process(events...) && safe
	}
	return safe
}

// Close closes all.
func (s Sinks) Close() {
	for _, x := range s {
		x.Close()
	}
}

// Lenient tells a sink, and goes on when that fails: a full disk then stops the log and not the cluster.
type Lenient struct{ Sink }

// Process is always true.
func (l Lenient) Process(events ...*Event) bool {
	l.Sink.Process(events...)
	return true
}

// Webhook sends events to another server, as a list.
type Webhook struct {
	client *webhook.Client
	log    *slog.Logger
}

// NewWebhook sends by client.
func NewWebhook(client *webhook.Client, log *slog.Logger) *Webhook {
	return &Webhook{client: client, log: log}
}

// Process sends the events in one call.
func (w *Webhook) Process(events ...*Event) bool {
	list := struct {
		Kind       string   `json:"kind"`
		APIVersion string   `json:"apiVersion"`
		Metadata   struct{} `json:"metadata"`
		Items      []*Event `json:"items"`
	}{Kind: "EventList", APIVersion: apiVersion}
	for _, e := range events {
		plain := *e
		plain.Kind, plain.APIVersion = "", ""
		list.Items = append(list.Items, &plain)
	}
	if err := w.client.Call(context.Background(), list, nil); err != nil {
		w.log.Error("sending audit events", "events", len(events), "error", err)
		return false
	}
	return true
}

// Close implements Sink.
func (w *Webhook) Close() {
	ended, end := context.WithCancel(context.Background())
	end()
	w.client.KeepUntil(ended)
}

// Truncate keeps events and batches of them small: of a large event the bodies are left out, and what is still too large
// is lost.
type Truncate struct {
	Sink
	// MaxEvent and MaxBatch are sizes in bytes.
	MaxEvent, MaxBatch int64
	Log                *slog.Logger
}

// Process splits the events into batches of the allowed size.
func (t Truncate) Process(events ...*Event) bool {
	safe := true
	var batch []*Event
	var size int64
	flush := func() {
		if len(batch) > 0 {
			safe = t.Sink.Process(batch...) && safe
		}
		batch, size = nil, 0
	}
	for _, e := range events {
		n := sizeOf(e)
		if n > t.MaxEvent {
			e = bare(e)
			n = sizeOf(e)
		}
		if n > t.MaxEvent {
			t.Log.Error("an audit event is too large", "auditID", e.AuditID, "size", n)
			safe = false
			continue
		}
		if size+n > t.MaxBatch {
			flush()
		}
		batch, size = append(batch, e), size+n
	}
	flush()
	return safe
}

// bare is an event without bodies, marked as such.
func bare(e *Event) *Event {
	less := *e
	less.RequestObject, less.ResponseObject = nil, nil
	less.Annotations = maps.Clone(e.Annotations)
	if less.Annotations == nil {
		less.Annotations = map[string]string{}
	}
	less.Annotations["audit.k8s.io/truncated"] = "true"
	return &less
}

func sizeOf(e *Event) int64 {
	b, err := json.Marshal(e)
	if err != nil {
		return 0 // the sink will find out and say so
	}
	return int64(len(b))
}

package verb

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// initialEventsEnd is the annotation of the bookmark that ends the initial state.
const initialEventsEnd = "k8s.io/initial-events-end"

// watchAnswer writes the frames of a watch. It is used by one goroutine.
type watchAnswer struct {
	answer
	buffer []byte
	// columnsSent: a watch of tables names its columns once.
	columnsSent bool
}

func negotiateWatch(r *pipeline.Request) (*watchAnswer, error) {
	a, err := negotiated(r, codec.Endpoint{Watch: true, List: true})
	if err != nil {
		return nil, err
	}
	return &watchAnswer{answer: *a}, nil
}

// start sends the header, so that the client knows that its watch stands before anything happens.
func (a *watchAnswer) start(r *pipeline.Request) {
	r.Writer.Header().Set("Content-Type", a.Format.WatchType())
	r.Writer.WriteHeader(http.StatusOK)
}

// flush pushes what was written to the client.
func (a *watchAnswer) flush(r *pipeline.Request) error {
	return http.NewResponseController(r.Writer).Flush()
}

// frame writes one event whose object is appended by fill.
func (a *watchAnswer) frame(r *pipeline.Request, kind watch.EventType, fill func([]byte) ([]byte, error)) error {
	b, err := codec.AppendEvent(a.buffer[:0], a.Format, string(kind), fill)
	if err != nil {
		return err
	}
	if cap(b) <= largeBuffer {
		a.buffer = b
	}
	_, err = r.Writer.Write(b)
	return err
}

// event sends a stored object in the state that the event is about.
func (a *watchAnswer) event(h *Handlers, r *pipeline.Request, kind watch.EventType, stored []byte, revision int64) error {
	return a.frame(r, kind, func(b []byte) ([]byte, error) {
		if !a.IsTable() {
			return codec.AppendEventObject(b, r.Resource.Codec, stored, revision, a.Output)
		}
		b, err := a.head(b, r, revision)
		if err != nil {
			return b, err
		}
		if b, err = a.row(b, h, r.Resource, true, stored, revision); err != nil {
			return b, err
		}
		return append(b, codec.TableTail...), nil
	})
}

// head begins a table of one row.
func (a *watchAnswer) head(b []byte, r *pipeline.Request, revision int64) ([]byte, error) {
	t := codec.Table{Version: a.As.Version, Meta: metav1.ListMeta{ResourceVersion: version(revision)}}
	if !a.columnsSent {
		t.Columns = r.Resource.Columns.Definitions
		a.columnsSent = true
	}
	return t.Head(b)
}

// bookmark sends no object but the revision up to which the client has seen everything.
func (a *watchAnswer) bookmark(h *Handlers, r *pipeline.Request, revision int64, initialEnd bool) error {
	o, ok := r.Resource.New().(object.Object)
	if !ok {
		return nil
	}
	o.SetResourceVersion(version(revision))
	if initialEnd {
		o.SetAnnotations(map[string]string{initialEventsEnd: "true"})
	}
	return a.frame(r, watch.Bookmark, func(b []byte) ([]byte, error) {
		if !a.IsTable() && !a.IsMetadata() {
			return codec.AppendEventValue(b, o, a.Format)
		}
		stored, err := r.Resource.Codec.Encode(o)
		if err != nil {
			return b, err
		}
		if a.IsMetadata() {
			return codec.AppendEventObject(b, r.Resource.Codec, stored, revision, a.Output)
		}
		if b, err = a.head(b, r, revision); err != nil {
			return b, err
		}
		if b, err = a.row(b, h, r.Resource, true, stored, revision); err != nil {
			return b, err
		}
		return append(b, codec.TableTail...), nil
	})
}

// failure is how a watch ends when something went wrong after it began.
func (a *watchAnswer) failure(r *pipeline.Request, err *apierrors.StatusError) error {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	return a.frame(r, watch.Error, func(b []byte) ([]byte, error) { return codec.AppendEventValue(b, &status, a.Format) })
}

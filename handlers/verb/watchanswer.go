package verb

import (
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/net/websocket"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// initialEventsEnd is the annotation of the bookmark that ends the initial state.
const initialEventsEnd = "k8s.io/initial-events-end"

// watchAnswer writes the frames of a watch. It is used by one goroutine.
type watchAnswer struct {
	answer
	// buffer has frames that are not written yet; nil when there are none.
	buffer *[]byte
	// socket is where messages go instead of a stream; nil for a stream.
	socket *websocket.Conn
	// meter counts what is sent.
	meter Meter
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
	if a.socket != nil {
		return
	}
	r.Writer.Header().Set("Content-Type", a.Format.WatchType())
	r.Writer.WriteHeader(http.StatusOK)
}

// errGone: the client does not take any more.
var errGone = errors.New("the client has gone")

// flush pushes what was written to the client.
func (a *watchAnswer) flush(r *pipeline.Request) error {
	if err := a.write(r); err != nil || a.socket != nil {
		return err
	}
	return http.NewResponseController(r.Writer).Flush()
}

// write passes on what has been gathered: frames are small, and each write costs one of the network. The buffer goes
// back to where it came from, so that a watch without events holds none.
func (a *watchAnswer) write(r *pipeline.Request) error {
	if a.buffer == nil {
		return nil
	}
	_, err := r.Writer.Write(*a.buffer)
	a.release()
	if err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

func (a *watchAnswer) release() {
	if cap(*a.buffer) <= largeBuffer {
		*a.buffer = (*a.buffer)[:0]
		buffers.Put(a.buffer)
	}
	a.buffer = nil
}

// gathered is how much is gathered before it is written.
const gathered = 64 << 10

// gather adds what add appends to what is to be written.
func (a *watchAnswer) gather(r *pipeline.Request, add func([]byte) ([]byte, error)) error {
	if a.buffer == nil {
		a.buffer = buffers.Get().(*[]byte)
		*a.buffer = (*a.buffer)[:0]
	}
	before := len(*a.buffer)
	b, err := add(*a.buffer)
	if err != nil {
		return err
	}
	*a.buffer = b
	a.meter.Sent(len(b) - before)
	switch {
	case a.socket != nil:
		return a.message()
	case len(b) >= gathered:
		return a.write(r)
	}
	return nil
}

// frame adds one event whose object is appended by fill.
func (a *watchAnswer) frame(r *pipeline.Request, kind watch.EventType, fill func([]byte) ([]byte, error)) error {
	return a.gather(r, func(b []byte) ([]byte, error) { return codec.AppendEvent(b, a.Format, string(kind), fill) })
}

// frameKey is what an event's frame is shared under.
type frameKey struct {
	res  *resource.Resource
	out  codec.Output
	turn cache.Turn
}

var eventTypes = [...]watch.EventType{cache.Added: watch.Added, cache.Modified: watch.Modified, cache.Removed: watch.Deleted}

// deliver sends a change. An object that ceases to match is deleted and shown as it was. The frame is made once for all
// who want it in this form, except for tables: those tell the time.
func (a *watchAnswer) deliver(h *Handlers, r *pipeline.Request, d cache.Delivery) error {
	e, kind := d.New, eventTypes[d.Turn]
	if d.Turn == cache.Removed {
		e = d.Old
	}
	if a.IsTable() {
		return a.event(h, r, kind, e, d.Revision)
	}
	frame, err := d.Kept.Form(frameKey{r.Resource, a.Output, d.Turn}, func() ([]byte, error) {
		stored, release, err := unpack(e)
		if err != nil {
			return nil, err
		}
		defer release()
		return codec.AppendEvent(nil, a.Format, string(kind), func(b []byte) ([]byte, error) {
			return codec.AppendEventObject(b, r.Resource.Codec, stored, d.Revision, a.Output)
		})
	})
	if err != nil {
		return err
	}
	return a.gather(r, func(b []byte) ([]byte, error) { return append(b, frame...), nil })
}

// initial sends an object of the state that the watch begins with.
func (a *watchAnswer) initial(h *Handlers, r *pipeline.Request, e *cache.Entry) error {
	a.meter.Initial()
	return a.event(h, r, watch.Added, e, e.Revision)
}

// event sends a stored object in the state that the event is about.
func (a *watchAnswer) event(h *Handlers, r *pipeline.Request, kind watch.EventType, e *cache.Entry, revision int64) error {
	stored, release, err := unpack(e)
	if err != nil {
		return err
	}
	defer release()
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

package verb

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// initialEventsEnd is the annotation of the bookmark that ends the initial state.
const initialEventsEnd = "k8s.io/initial-events-end"

// watchForm is what the frames of a watch depend on, beside the changes. Watches of one form have one handle, under which they
// share frames.
type watchForm struct {
	answer
	res *resource.Resource
}

var eventTypes = [...]watch.EventType{cache.Added: watch.Added, cache.Modified: watch.Modified, cache.Removed: watch.Deleted}

// frame is the event of a change. An object that ceases to match is deleted and shown as it was. The frame is made once for
// all who want it in this form, except for tables: those tell the time.
func (w *watching) frame(d cache.Delivery) ([]byte, error) {
	frame, err := d.Kept.Form(d.Turn, w.form, func() ([]byte, error) { return newFrame(w.form.Value(), d) })
	if err == nil && frame == nil {
		err = w.event(eventTypes[d.Turn], shown(d), d.Revision)
		return w.given(), err
	}
	if err == nil {
		w.meter.Sent(len(frame))
	}
	return frame, err
}

// shown is the object that a change's event has.
func shown(d cache.Delivery) *cache.Entry {
	if d.Turn == cache.Removed {
		return d.Old
	}
	return d.New
}

// newFrame is a frame that can be shared; nil when it cannot.
func newFrame(f watchForm, d cache.Delivery) ([]byte, error) {
	if f.IsTable() {
		return nil, nil
	}
	stored, release, err := unpack(shown(d))
	if err != nil {
		return nil, err
	}
	defer release()
	return codec.AppendEvent(nil, f.Format, string(eventTypes[d.Turn]), func(b []byte) ([]byte, error) {
		return codec.AppendEventObject(b, f.res.Codec, stored, d.Revision, f.Output)
	})
}

// gather adds to the buffer one event whose object is appended by fill.
func (w *watching) gather(f *watchForm, kind watch.EventType, fill func([]byte) ([]byte, error)) error {
	if w.buffer == nil {
		w.buffer = emptyBuffer()
	}
	before := len(*w.buffer)
	b, err := codec.AppendEvent(*w.buffer, f.Format, string(kind), fill)
	if err != nil {
		return err
	}
	*w.buffer = b
	w.meter.Sent(len(b) - before)
	return nil
}

// release gives the buffer back to where it came from, so that a watch that waits holds none.
func (w *watching) release() {
	if w.buffer != nil {
		giveBack(w.buffer)
		w.buffer = nil
	}
}

func emptyBuffer() *[]byte {
	b := buffers.Get().(*[]byte)
	*b = (*b)[:0]
	return b
}

func giveBack(b *[]byte) {
	if cap(*b) <= largeBuffer {
		buffers.Put(b)
	}
}

// event adds a stored object in the state that the event is about.
func (w *watching) event(kind watch.EventType, e *cache.Entry, revision int64) error {
	stored, release, err := unpack(e)
	if err != nil {
		return err
	}
	defer release()
	f := w.form.Value()
	return w.gather(&f, kind, func(b []byte) ([]byte, error) {
		if f.IsTable() {
			o, err := f.res.Shown(stored, revision)
			if err != nil {
				return b, err
			}
			return w.table(b, &f, o, stored, revision)
		}
		return codec.AppendEventObject(b, f.res.Codec, stored, revision, f.Output)
	})
}

// table appends a table of one row.
func (w *watching) table(b []byte, f *watchForm, o object.Object, stored []byte, revision int64) ([]byte, error) {
	t := codec.Table{Version: f.As.Version, Meta: metav1.ListMeta{ResourceVersion: version(revision)}}
	if !w.columnsSent {
		t.Columns = f.res.Columns.Definitions
		w.columnsSent = true
	}
	b, err := t.Head(b)
	if err != nil {
		return b, err
	}
	if b, err = f.rowOf(b, w.Handlers, f.res, true, o, stored, revision); err != nil {
		return b, err
	}
	return append(b, codec.TableTail...), nil
}

// bookmark adds no object but the revision up to which the client has seen everything.
func (w *watching) bookmark(revision int64, initialEnd bool) error {
	f := w.form.Value()
	o, ok := f.res.New().(object.Object)
	if !ok {
		return nil
	}
	o.SetResourceVersion(version(revision))
	if initialEnd {
		if f.include == metav1.IncludeNone {
			f.include = metav1.IncludeMetadata // or nobody would see the mark
		}
		o.SetAnnotations(map[string]string{initialEventsEnd: "true"})
	}
	return w.gather(&f, watch.Bookmark, func(b []byte) ([]byte, error) {
		if !f.IsTable() && !f.IsMetadata() {
			return codec.AppendEventValue(b, o, f.Format)
		}
		stored, err := f.res.Codec.Encode(o)
		if err != nil {
			return b, err
		}
		if f.IsMetadata() {
			return codec.AppendEventObject(b, f.res.Codec, stored, revision, f.Output)
		}
		return w.table(b, &f, emptyShown(f.res, o), stored, revision)
	})
}

// emptyShown is the object of a bookmark's row: what is left out has no defaults there.
func emptyShown(res *resource.Resource, bookmark object.Object) object.Object {
	if res.NewShown != nil {
		if o, ok := res.NewShown().(object.Object); ok {
			return o
		}
	}
	return bookmark
}

// failure adds how a watch ends when something went wrong after it began.
func (w *watching) failure(err *apierrors.StatusError) error {
	f := w.form.Value()
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	return w.gather(&f, watch.Error, func(b []byte) ([]byte, error) { return codec.AppendEventValue(b, &status, f.Format) })
}

package verb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// answer is the form in which a client wants its answer.
type answer struct {
	codec.Output
	// include is what the rows of a table carry of their objects.
	include metav1.IncludeObjectPolicy
}

// negotiate settles the form of the answer, before anything else is done. Whether what there is to answer with can be
// shown so is another matter: see fit.
func negotiate(r *pipeline.Request) (*answer, error) {
	body := r.Resource.Body
	out, err := codec.Negotiate(r.HTTP.Header, r.Query, codec.Endpoint{NoProtobuf: body != nil && !body.HasProtobuf()})
	return &answer{Output: out}, err
}

// fit says whether one object, or a list, can be shown as the client wants it. As with upstream that is the last thing
// to fail: a write has been carried out by then.
func (a *answer) fit(r *pipeline.Request, list bool) error {
	switch {
	case a.As.Kind == "PartialObjectMetadataList" && !list:
		return notAcceptable("you requested PartialObjectMetadataList, but the requested object is not a list (*%s.%s)", r)
	case a.As.Kind == "PartialObjectMetadata" && list:
		return notAcceptable("you requested PartialObjectMetadata, but the requested object is a list (*%s.%sList)", r)
	}
	return a.includes(r)
}

// includes reads what the rows of a table are to carry.
func (a *answer) includes(r *pipeline.Request) error {
	if !a.IsTable() {
		return nil
	}
	a.include = metav1.IncludeObjectPolicy(r.Query.Get("includeObject"))
	switch a.include {
	case "":
		a.include = metav1.IncludeMetadata
	case metav1.IncludeNone, metav1.IncludeMetadata, metav1.IncludeObject:
	default:
		err := field.Invalid(field.NewPath("includeObject"), string(a.include), "must be 'Metadata', 'Object', 'None', or empty")
		return apierrors.NewBadRequest("Unable to convert to Table as requested: " + err.Error())
	}
	return nil
}

// notAcceptable is the 406 for an answer asked for in a form of the wrong number. It names the type as upstream does.
func notAcceptable(format string, r *pipeline.Request) error {
	group, _, _ := strings.Cut(r.Resource.HomeGroup(), ".")
	if group == "" {
		group = "core"
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotAcceptable, Reason: metav1.StatusReasonNotAcceptable,
		Message: fmt.Sprintf(format, group, r.Resource.Kind),
	}}
}

// buffers are reused between answers. Very large ones are left to the garbage collector.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const largeBuffer = 1 << 20

// send writes a whole answer that fill appends to an empty buffer.
func (a *answer) send(r *pipeline.Request, code int, fill func([]byte) ([]byte, error)) error {
	a.audited(r, fill)
	buffer := buffers.Get().(*[]byte)
	b, err := fill((*buffer)[:0])
	if err == nil {
		r.Writer.Header().Set("Content-Type", a.Format.MediaType())
		body := compressed(r)
		body.code = code
		if _, err = body.Write(b); err == nil {
			err = body.Close()
		}
	}
	if cap(b) <= largeBuffer {
		*buffer = b
		buffers.Put(buffer)
	}
	return err
}

// stored answers with an object as it lies in the store.
func (a *answer) stored(h *Handlers, r *pipeline.Request, code int, kv storage.KeyValue) error {
	if err := a.fit(r, false); err != nil {
		return err
	}
	res := r.Resource
	var err error
	if kv.Value, err = res.ServedOne(r.Context(), kv.Value); err != nil {
		return err
	}
	return a.send(r, code, func(b []byte) ([]byte, error) {
		if a.IsTable() {
			return a.table(b, h, res, metav1.ListMeta{ResourceVersion: version(kv.Revision)}, []storage.KeyValue{kv})
		}
		return codec.AppendStored(b, res.Codec, kv.Value, kv.Revision, a.Output)
	})
}

// written answers with what the resource or subresource shows of a stored object.
func (a *answer) written(h *Handlers, r *pipeline.Request, code int, kv storage.KeyValue) error {
	view := r.Resource.Strategy.View
	if view == nil {
		return a.stored(h, r, code, kv)
	}
	parent, err := r.Resource.Decode(r.Context(), kv.Value, kv.Revision)
	if err != nil {
		return err
	}
	o, err := view(parent)
	if err != nil {
		return err
	}
	return a.object(h, r, code, o)
}

// object answers with an object that is not stored.
func (a *answer) object(h *Handlers, r *pipeline.Request, code int, o runtime.Object) error {
	_, isStatus := o.(*metav1.Status)
	if !isStatus {
		if err := a.fit(r, false); err != nil {
			return err
		}
	}
	auditStatus(r, o)
	return a.send(r, code, func(b []byte) ([]byte, error) {
		out := a.Output
		if (out.IsTable() || out.IsMetadata()) && !isStatus {
			return a.shown(b, h, r, o)
		}
		return codec.AppendObject(b, o, out)
	})
}

// shown answers with a table or the metadata of an object that is not stored.
func (a *answer) shown(b []byte, h *Handlers, r *pipeline.Request, o runtime.Object) ([]byte, error) {
	full, ok := o.(object.Object)
	if !ok {
		return codec.AppendObject(b, o, codec.Output{Format: a.Format, Pretty: a.Pretty})
	}
	meta := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadata", APIVersion: a.As.GroupVersion().String()}}
	if accessor, ok := o.(metav1.ObjectMetaAccessor); ok {
		if m, ok := accessor.GetObjectMeta().(*metav1.ObjectMeta); ok {
			meta.ObjectMeta = *m
		}
	}
	if a.IsMetadata() {
		return codec.AppendObject(b, meta, a.Output)
	}
	row := metav1.TableRow{Cells: r.Resource.Columns.Cells(full, h.Now())}
	switch a.include {
	case metav1.IncludeMetadata:
		row.Object.Object = meta
	case metav1.IncludeObject:
		row.Object.Object = o
	}
	return codec.AppendObject(b, &metav1.Table{
		TypeMeta:          metav1.TypeMeta{Kind: "Table", APIVersion: a.As.GroupVersion().String()},
		ListMeta:          metav1.ListMeta{ResourceVersion: full.GetResourceVersion()},
		ColumnDefinitions: r.Resource.Columns.Definitions, Rows: []metav1.TableRow{row},
	}, a.Output)
}

// list answers with a page of a collection. Objects are streamed, so the memory it takes does not grow with them, except
// for tables and formats for people, which few read in full.
func (a *answer) list(h *Handlers, r *pipeline.Request, code int, p *page) error {
	if err := a.fit(r, true); err != nil {
		return err
	}
	meta := metav1.ListMeta{ResourceVersion: version(p.revision), Continue: p.next, RemainingItemCount: p.remaining}
	a.auditedList(h, r, meta, p)
	release, err := a.roomForList(h, r, p)
	if err != nil {
		return err
	}
	defer release()
	if a.IsTable() && a.inParts(r) {
		r.Writer.Header().Set("Content-Type", a.Format.MediaType())
		body := &tableBody{answer: a, h: h, r: r, page: p, now: h.Now()}
		return body.write(meta)
	}
	if a.IsTable() {
		all, err := p.pairs()
		if err != nil {
			return err
		}
		return a.send(r, code, func(b []byte) ([]byte, error) { return a.table(b, h, r.Resource, meta, all) })
	}
	kind := r.Resource.ListGVK()
	var failed error
	list := codec.List{Kind: kind, Meta: meta, Codec: r.Resource.Codec, Items: unpacked(p.entries, &failed)}
	r.Writer.Header().Set("Content-Type", a.Format.MediaType())
	if a.inParts(r) && !p.empty() {
		body := &listBody{store: h.Store, room: h.roomForObjects(p), r: r, page: p, list: list, res: r.Resource, out: a.Output}
		return body.write()
	}
	body := compressed(r)
	if err := list.Write(body, a.Output); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return body.Close()
}

// table appends a whole table.
func (a *answer) table(b []byte, h *Handlers, res *resource.Resource, meta metav1.ListMeta, items []storage.KeyValue) ([]byte, error) {
	compact := b
	if a.Format != codec.JSON || a.Pretty {
		compact = nil
	}
	compact, err := codec.Table{Version: a.As.Version, Meta: meta, Columns: res.Columns.Definitions}.Head(compact)
	if err != nil {
		return b, err
	}
	if items, err = sorted(res, items); err != nil {
		return b, err
	}
	for i, kv := range items {
		if compact, err = a.row(compact, h, res, i == 0, kv.Value, kv.Revision); err != nil {
			return b, err
		}
	}
	if len(items) == 0 && res.Columns.Standard {
		compact = codec.AppendNoRows(compact)
	} else {
		compact = append(compact, codec.TableTail...)
	}
	if a.Format != codec.JSON || a.Pretty {
		return codec.Finish(b, compact, a.Output)
	}
	return append(compact, '\n'), nil
}

// sorted is the order in which a table shows its objects, for the few kinds where that is not the order of names.
func sorted(res *resource.Resource, items []storage.KeyValue) ([]storage.KeyValue, error) {
	if res.Columns.Compare == nil {
		return items, nil
	}
	objects := make([]object.Object, len(items))
	order := make([]int, len(items))
	for i, kv := range items {
		var err error
		if objects[i], err = res.Shown(kv.Value, kv.Revision); err != nil {
			return nil, err
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return res.Columns.Compare(objects[a], objects[b]) })
	out := make([]storage.KeyValue, len(items))
	for i, at := range order {
		out[i] = items[at]
	}
	return out, nil
}

func (a *answer) row(b []byte, h *Handlers, res *resource.Resource, first bool, stored []byte, revision int64) ([]byte, error) {
	o, err := res.Shown(stored, revision)
	if err != nil {
		return b, err
	}
	return a.rowOf(b, h, res, first, o, stored, revision)
}

// rowOf is row for an object that was built already.
func (a *answer) rowOf(b []byte, h *Handlers, res *resource.Resource, first bool, o object.Object, stored []byte, revision int64) ([]byte, error) {
	row := codec.Row{Cells: res.Columns.Cells(o, h.Now())}
	if res.Columns.Conditions != nil {
		row.Conditions = res.Columns.Conditions(o)
	}
	return codec.AppendRow(b, first, row, res.Codec, stored, revision, a.As.Version, a.include)
}

// acceptsGzip says whether the client takes a compressed answer. One that weighs it against others gets none: it may like
// another better.
func acceptsGzip(header http.Header) bool {
	for _, value := range header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(part) == "gzip" {
				return true
			}
		}
	}
	return false
}

// version is a revision as clients see it; what was never stored has none.
func version(revision int64) string {
	if revision == 0 {
		return ""
	}
	return strconv.FormatInt(revision, 10)
}

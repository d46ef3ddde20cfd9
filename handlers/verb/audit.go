package verb

import (
	"bytes"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// The audit log gets bodies as JSON, also from clients of protobuf, and only when its policy wants them: nothing here costs
// anything otherwise.

// auditSent tells the audit log of an object that was sent, its defaults filled.
func auditSent(r *pipeline.Request, o object.Object) {
	r.Audit.Sent(o, string(o.GetUID()), func() ([]byte, error) { return json.Marshal(o) })
}

// auditPatch tells the audit log of a patch. One that is not JSON is told as a string.
func auditPatch(r *pipeline.Request, patch []byte) {
	r.Audit.Sent(nil, "", func() ([]byte, error) {
		if json.Valid(patch) {
			return patch, nil
		}
		return json.Marshal(string(patch))
	})
}

// auditOptions tells the audit log of the options of a deletion, by the names that upstream gives them.
func auditOptions(r *pipeline.Request, o *metav1.DeleteOptions) {
	r.Audit.Sent(nil, "", func() ([]byte, error) {
		named := *o
		named.TypeMeta = metav1.TypeMeta{Kind: "DeleteOptions", APIVersion: "meta.k8s.io/__internal"}
		return json.Marshal(named)
	})
}

// audited tells the audit log of an answer that fill appends.
func (a *answer) audited(r *pipeline.Request, fill func([]byte) ([]byte, error)) {
	if !r.Audit.WantsAnswer() {
		return
	}
	saved := a.Output
	a.Format, a.Pretty = codec.JSON, false
	r.Audit.Answered(func() ([]byte, error) { return fill(nil) })
	a.Output = saved
}

// auditStatus tells the audit log of an answer that is a status by itself.
func auditStatus(r *pipeline.Request, o runtime.Object) {
	if status, ok := o.(*metav1.Status); ok {
		r.Audit.Status(status)
	}
}

// auditedList tells the audit log of a list. It is rendered a second time, whole, in memory.
func (a *answer) auditedList(h *Handlers, r *pipeline.Request, meta metav1.ListMeta, p *page) {
	if !r.Audit.WantsAnswer() {
		return
	}
	a.audited(r, func([]byte) ([]byte, error) {
		if a.IsTable() {
			all, err := p.pairs()
			if err != nil {
				return nil, err
			}
			return a.table(nil, h, r.Resource, meta, all)
		}
		kind := r.Resource.ListGVK()
		var failed error
		var b bytes.Buffer
		list := codec.List{Kind: kind, Meta: meta, Codec: r.Resource.Codec, Items: unpacked(p.entries, &failed)}
		if err := list.Write(&b, a.Output); err != nil {
			return nil, err
		}
		return b.Bytes(), failed
	})
}

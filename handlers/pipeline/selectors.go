package pipeline

import (
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// selectors are those of a request for a collection. Each is parsed when it is first asked for: authorization, the audit log
// and the verb work on the same.
type selectors struct {
	fields    fields.Selector
	fieldsErr error
	labels    labels.Selector
	labelsErr error
}

// FieldSelector is the fieldSelector parameter; everything when there is none.
func (r *Request) FieldSelector() (fields.Selector, error) {
	s := &r.selectors
	if s.fields == nil && s.fieldsErr == nil {
		if text := r.Query.Get("fieldSelector"); text != "" {
			s.fields, s.fieldsErr = fields.ParseSelector(text)
		} else {
			s.fields = fields.Everything()
		}
	}
	return s.fields, s.fieldsErr
}

// LabelSelector is the labelSelector parameter; everything when there is none.
func (r *Request) LabelSelector() (labels.Selector, error) {
	s := &r.selectors
	if s.labels == nil && s.labelsErr == nil {
		if text := r.Query.Get("labelSelector"); text != "" {
			s.labels, s.labelsErr = labels.Parse(text)
		} else {
			s.labels = labels.Everything()
		}
	}
	return s.labels, s.labelsErr
}

// refine adds to Info what the query says: whether a list is a watch. A collection of the one object that a field selector
// names carries that name, so that an authorizer may allow it to users with a right to that object only.
func (r *Request) refine() {
	i := &r.Info
	if i.Name != "" || !i.ofCollection() {
		return
	}
	if i.Verb == "list" && IsTrue(r.Query, "watch") {
		i.Verb = "watch"
	}
	if selector, err := r.FieldSelector(); err == nil {
		if name, ok := selector.RequiresExactMatch("metadata.name"); ok && validSegment(name) {
			i.Name = name
		}
	}
}

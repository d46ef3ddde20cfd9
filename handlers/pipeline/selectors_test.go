package pipeline

import (
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// What a collection is limited to is parsed once: what authorization saw is what the verb works on.
func TestSelectors(t *testing.T) {
	for _, c := range []struct {
		method, url, verb, name string
		fields, labels          int
		fieldsErr, labelsErr    bool
	}{
		{"GET", "/api/v1/pods", "list", "", 0, 0, false, false},
		{"GET", "/api/v1/pods?watch=1&labelSelector=a%3Db,c&fieldSelector=metadata.name%3Dx", "watch", "x", 1, 2, false, false},
		{"DELETE", "/api/v1/namespaces/n/pods?fieldSelector=spec.nodeName%3Dx", "deletecollection", "", 1, 0, false, false},
		{"GET", "/api/v1/pods?labelSelector=(&fieldSelector=a", "list", "", 0, 0, true, true},
		{"GET", "/api/v1/watch/namespaces/n/pods/p?labelSelector=a", "watch", "p", 0, 1, false, false},
		{"GET", "/api/v1/namespaces/n/pods/p?labelSelector=a&watch=1", "get", "p", 0, 0, false, false},
		{"POST", "/api/v1/namespaces/n/pods?labelSelector=a&watch=1", "create", "", 0, 0, false, false},
		{"GET", "/healthz?labelSelector=a", "get", "", 0, 0, false, false},
	} {
		h := httptest.NewRequest(c.method, c.url, nil)
		r := NewRequest(httptest.NewRecorder(), h, ParseInfo(h.Method, h.URL.Path))
		if r.Info.Verb != c.verb || r.Info.Name != c.name {
			t.Errorf("%s %s: %+v", c.method, c.url, r.Info)
		}
		var a authz.Attributes
		addSelectors(&a, r)
		if len(a.Fields) != c.fields || len(a.Labels) != c.labels || (a.FieldsErr != nil) != c.fieldsErr || (a.LabelsErr != nil) != c.labelsErr {
			t.Errorf("%s %s: %+v", c.method, c.url, a)
		}
		if !r.Info.ofCollection() {
			continue
		}
		r.Query = nil
		fields, fieldsErr := r.FieldSelector()
		labels, labelsErr := r.LabelSelector()
		if fieldsErr != a.FieldsErr || labelsErr != a.LabelsErr {
			t.Errorf("%s %s: other errors: %v, %v", c.method, c.url, fieldsErr, labelsErr)
		}
		if fieldsErr == nil && len(fields.Requirements()) != c.fields {
			t.Errorf("%s %s: parsed again: %v", c.method, c.url, fields)
		}
		if labelsErr != nil {
			continue
		}
		if required, _ := labels.Requirements(); len(required) != c.labels {
			t.Errorf("%s %s: parsed again: %v", c.method, c.url, labels)
		}
	}
}

package stream

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type detacher struct{ http.ResponseWriter }

func (detacher) Detach(Source) func() { return func() {} }

func TestFind(t *testing.T) {
	plain := httptest.NewRecorder()
	able := detacher{plain}
	for _, c := range []struct {
		what string
		w    http.ResponseWriter
		want Detacher
	}{
		{"itself", able, able},
		{"below two others", wrapped{wrapped{able}}, able},
		{"none", wrapped{plain}, nil},
	} {
		if got := Find(c.w); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

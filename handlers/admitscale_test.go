package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// witness notes what admission is shown of scales, makes even numbers odd, and refuses 13.
type witness struct{ seen []string }

func (w *witness) note(place string, a *admission.Attributes) (*autoscalingv1.Scale, error) {
	next, ok := a.Object.(*autoscalingv1.Scale)
	old, okOld := a.Old.(*autoscalingv1.Scale)
	if !ok || !okOld {
		return nil, fmt.Errorf("admission is shown %T and %T", a.Object, a.Old)
	}
	w.seen = append(w.seen, fmt.Sprintf("%s %s %s/%s: %d -> %d", place, a.Operation, next.Kind, next.Name, old.Spec.Replicas, next.Spec.Replicas))
	return next, nil
}

func (w *witness) Admit(_ context.Context, a *admission.Attributes) error {
	if a.Resource.Subresource != "scale" {
		return nil
	}
	next, err := w.note("mutate", a)
	if err != nil {
		return err
	}
	if next.Spec.Replicas%2 == 0 {
		next.Spec.Replicas++
	}
	return nil
}

func (w *witness) Validate(_ context.Context, a *admission.Attributes) error {
	if a.Resource.Subresource != "scale" {
		return nil
	}
	next, err := w.note("validate", a)
	if err == nil && next.Spec.Replicas == 13 {
		err = errors.New("nobody has 13 of them")
	}
	return err
}

// Admission sees scales, by whatever verb they are written: what it makes of them is what the object gets, and it is asked about
// the final form.
func TestAdmissionSeesScales(t *testing.T) {
	s := newServer(t)
	w := &witness{}
	s.Admit(w)
	const template = `"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}`
	tried := 0
	for _, row := range resources.Rows {
		if row.Subresource != "scale" || !row.Enabled {
			continue
		}
		tried++
		selector := `{"matchLabels":{"a":"b"}}`
		if row.Group == "" {
			selector = `{"a":"b"}`
		}
		collection := strings.Replace("/apis/"+row.Group+"/"+row.Version+"/namespaces/default/"+row.Resource, "/apis//", "/api/", 1)
		if code, o := s.do("POST", collection, `{"metadata":{"name":"a"},"spec":{"replicas":1,"selector":`+selector+`,`+template+`}}`); code != http.StatusCreated {
			t.Fatal(code, o)
		}
		path := collection + "/a/scale"
		scale := func(n int) string {
			return fmt.Sprintf(`{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"a","namespace":"default"},"spec":{"replicas":%d}}`, n)
		}
		for _, c := range []struct {
			method, query, body string
			code                int
			replicas            float64
			seen                string
		}{
			{"PUT", "", scale(3), 200, 3, "mutate UPDATE Scale/a: 1 -> 3, validate UPDATE Scale/a: 1 -> 3"},
			{"PUT", "", scale(4), 200, 5, "mutate UPDATE Scale/a: 3 -> 4, validate UPDATE Scale/a: 3 -> 5"},
			{"PATCH", "", `{"spec":{"replicas":8}}`, 200, 9, "mutate UPDATE Scale/a: 5 -> 8, validate UPDATE Scale/a: 5 -> 9"},
			{"PATCH", "?fieldManager=me&force=true", scale(20), 200, 21, "mutate UPDATE Scale/a: 9 -> 20, validate UPDATE Scale/a: 9 -> 21"},
			{"PUT", "", scale(12), 500, 21, "mutate UPDATE Scale/a: 21 -> 12, validate UPDATE Scale/a: 21 -> 13"},
			{"PUT", "?dryRun=All", scale(2), 200, 21, "mutate UPDATE Scale/a: 21 -> 2, validate UPDATE Scale/a: 21 -> 3"},
			{"PUT", "", scale(-1), 422, 21, "mutate UPDATE Scale/a: 21 -> -1"},
		} {
			w.seen = nil
			code, o := s.do(c.method, path+c.query, c.body)
			if code != c.code {
				t.Errorf("%s %s%s %s: %d %v", c.method, path, c.query, c.body, code, o)
			}
			// A refusal counts when the store has confirmed what it was decided on: the attempt may run twice.
			if seen := strings.Join(slices.Compact(w.seen), ", "); seen != c.seen && seen != c.seen+", "+c.seen {
				t.Errorf("%s %s%s: admission has seen\n%s, want\n%s", c.method, path, c.query, seen, c.seen)
			}
			if _, o := s.do("GET", path, nil); o.at("spec", "replicas") != c.replicas {
				t.Errorf("%s %s%s: %v replicas, want %v", c.method, path, c.query, o.at("spec", "replicas"), c.replicas)
			}
		}
	}
	if tried != 4 {
		t.Errorf("%d scales", tried)
	}
}

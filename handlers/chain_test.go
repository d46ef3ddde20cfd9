package handlers

import (
	"log/slog"
	"reflect"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// The order of the stages is a promise: nothing is read of a body before authorization has said yes, a wrong credential is
// found before anything else looks at the request, and what is audited was authenticated. What is counted is let
// through and served, so that clients cannot make up what the metrics are about.
func TestChainOrder(t *testing.T) {
	var names []string
	for _, s := range chain(chainOptions{log: slog.New(slog.DiscardHandler)}) {
		names = append(names, s.name)
	}
	want := []string{"recover", "headers", "deadline", "authenticate", "audit", "impersonate", "flow control", "authorize", "find", "measure"}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("stages %v, want %v", names, want)
	}
}

func TestThroughRunsStagesInOrder(t *testing.T) {
	var got []string
	mark := func(name string) stage {
		return stage{name, func(next pipeline.Handler) pipeline.Handler {
			return func(r *pipeline.Request) error {
				got = append(got, name)
				return next(r)
			}
		}}
	}
	h := through([]stage{mark("first"), {name: "left out"}, mark("second")}, func(*pipeline.Request) error {
		got = append(got, "handler")
		return nil
	})
	if err := h(nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"first", "second", "handler"}; !reflect.DeepEqual(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

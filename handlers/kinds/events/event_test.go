package events

import (
	"testing"

	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "events", `{metadata: {namespace: default}, type: x, deprecatedCount: 1, series: {count: 1}}`, "", []string{
			`series.count: Invalid value: "": should be at least 2`, "series.lastObservedTime: Required value", "eventTime: Required value",
			`type: Invalid value: "": has invalid value: x`, `count: Invalid value: "": needs to be unset`}),
		kindtest.New("v1", "events", `{metadata: {namespace: default}, reason: b}`, `{metadata: {namespace: default}, reason: a}`, []string{`reason: Invalid value: "b": field is immutable`}),
	})
}

func TestSelectable(t *testing.T) {
	got := kindtest.Hooks(t, Kinds, "v1", "events", "").Fields(kindtest.Parse[eventsv1.Event](t, `{reportingController: c, regarding: {name: p}}`))
	if got["reportingController"] != "c" || got["regarding.name"] != "p" {
		t.Errorf("%v", got)
	}
}

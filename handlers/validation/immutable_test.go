package validation_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Each case is a stored object, one field of it changed, and what upstream answered to the update.
func TestImmutableFieldsAreTheOriginals(t *testing.T) {
	var cases []struct {
		Old, New json.RawMessage
		Causes   []cause
	}
	b, err := os.ReadFile("testdata/immutable.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		old, gvk := decode(t, c.Old)
		now, _ := decode(t, c.New)
		if fill := kinds.Default(gvk); fill != nil {
			fill(old)
			fill(now)
		}
		if errs := validation.Immutable(old, old); len(errs) > 0 {
			t.Errorf("%v: an object differs from itself: %v", gvk, errs.ToAggregate())
		}
		got, want := texts(causes(validation.Immutable(now, old))), texts(c.Causes)
		if !slices.Equal(got, want) {
			t.Errorf("%v\n got  %s\n want %s", gvk, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
}

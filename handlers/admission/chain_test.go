package admission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/gen/resources"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// noter is a plugin that notes what it is asked.
type noter struct {
	On
	name   string
	steps  *[]string
	refuse bool
}

func (n noter) note(step string) error {
	*n.steps = append(*n.steps, step+" "+n.name)
	if n.refuse {
		return errors.New("no")
	}
	return nil
}

func (n noter) Admit(context.Context, *Attributes) error    { return n.note("admit") }
func (n noter) Validate(context.Context, *Attributes) error { return n.note("validate") }
func (n noter) Close() error                                { return n.note("close") }

// judge only validates, whatever the operation.
type judge struct{ of noter }

func (j judge) Validate(context.Context, *Attributes) error { return j.of.note("validate") }

// counter notes what is counted.
type counter struct{ counted *[]string }

func (c counter) Plugin(name, step, operation string) func(time.Duration, bool) {
	return c.Step(name+" "+step, operation)
}

func (c counter) Step(step, operation string) func(time.Duration, bool) {
	return func(_ time.Duration, rejected bool) {
		*c.counted = append(*c.counted, fmt.Sprint(step, " ", operation, " ", rejected))
	}
}

func TestChain(t *testing.T) {
	var steps, counted []string
	chain := NewChain(counter{&counted},
		Named{"a", noter{On: On{Create, Update}, name: "a", steps: &steps}},
		Named{"b", judge{noter{name: "b", steps: &steps}}},
		Named{"c", noter{On: On{Create, Delete, Connect}, name: "c", steps: &steps, refuse: true}},
		Named{"d", noter{On: On{Create}, name: "d", steps: &steps}},
	)
	for _, c := range []struct {
		op             Operation
		steps, counted string
	}{
		{Create, "admit a, admit c, validate a, validate b, validate c", "a admit CREATE false, c admit CREATE true, admit CREATE true, a validate CREATE false, b validate CREATE false, c validate CREATE true, validate CREATE true"},
		{Update, "admit a, validate a, validate b", "a admit UPDATE false, admit UPDATE false, a validate UPDATE false, b validate UPDATE false, validate UPDATE false"},
		{Delete, "admit c, validate b, validate c", "c admit DELETE true, admit DELETE true, b validate DELETE false, c validate DELETE true, validate DELETE true"},
		{Connect, "admit c, validate b, validate c", "c admit CONNECT true, admit CONNECT true, b validate CONNECT false, c validate CONNECT true, validate CONNECT true"},
		{"OTHER", "", ""},
	} {
		steps, counted = nil, nil
		a := &Attributes{Operation: c.op}
		first, second := chain.Admit(t.Context(), a), chain.Validate(t.Context(), a)
		if refused := first != nil || second != nil; refused != strings.Contains(c.counted, "true") {
			t.Errorf("%s: %v, %v", c.op, first, second)
		}
		if got := strings.Join(steps, ", "); got != c.steps {
			t.Errorf("%s: steps %s\nwant %s", c.op, got, c.steps)
		}
		if got := strings.Join(counted, ", "); got != c.counted {
			t.Errorf("%s: counted %s\nwant %s", c.op, got, c.counted)
		}
	}
	steps = nil
	if err := chain.Close(); err == nil || !strings.Contains(err.Error(), "admission plugin c: no") || !slices.Equal(steps, []string{"close d", "close c", "close a"}) {
		t.Errorf("closed %v: %v", steps, err)
	}
	var none *Chain
	if none.Admit(t.Context(), &Attributes{}) != nil || none.Validate(t.Context(), &Attributes{}) != nil {
		t.Error("no chain refuses")
	}
}

func TestRefusals(t *testing.T) {
	a := &Attributes{Resource: &resource.Resource{Row: resources.Row{Group: "apps", Version: "v1", Resource: "deployments", KindGroup: "apps", KindVersion: "v1", Kind: "Deployment", Storage: "apps/v1"}}}
	err := a.Forbidden(errors.New("why"))
	if err.Error() != `deployments.apps "Unknown" is forbidden: why` || a.Forbidden(err) != err {
		t.Error(err)
	}
	a.Name = "x"
	if err := a.NotFound(); err.Error() != `deployments.apps "x" not found` {
		t.Error(err)
	}
	if !a.Is("apps", "deployments") || a.Is("", "deployments") || a.IsSub("apps", "deployments", "scale") {
		t.Error("the resource is another one")
	}
	a.Resource.Row.Storage = "extensions/v1beta1"
	if k, s := a.Kind().String(), a.Stored().String(); k != "apps/v1, Kind=Deployment" || s != "extensions/v1beta1, Kind=Deployment" {
		t.Errorf("%s is stored as %s", k, s)
	}
	a.Warn("dropped")
	a.Annotate("dropped", "")
}

package validation_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// cause is one entry of details.causes of upstream's answer 422.
type cause struct{ Reason, Field, Message string }

func (c cause) String() string { return c.Reason + " " + c.Field + ": " + c.Message }

// names are the kinds of the cases whose names are no DNS subdomains.
var names = map[string]func(string, bool) []string{
	"Namespace": apivalidation.NameIsDNSLabel, "Service": apivalidation.NameIsDNSLabel,
	"Role": segment, "ClusterRole": segment, "RoleBinding": segment, "ClusterRoleBinding": segment,
}

func segment(name string, _ bool) []string { return path.IsValidPathSegmentName(name) }

// Each case in testdata is an object with one fault or more and what upstream answered to its creation.
func TestRefusedAsTheOriginalDoes(t *testing.T) {
	var cases []struct {
		Given  json.RawMessage
		Causes []cause
	}
	b, err := os.ReadFile("testdata/refused.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 150 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		o, gvk := decode(t, c.Given)
		if fill := kinds.Default(gvk); fill != nil {
			fill(o)
		}
		s := strategyOf(gvk)
		if s.PrepareForCreate != nil {
			if err := s.PrepareForCreate(t.Context(), &resource.Attempt{Namespace: o.GetNamespace()}, o); err != nil {
				t.Errorf("%s: %v", c.Given, err)
				continue
			}
		}
		lists := []field.ErrorList{
			validation.ObjectMeta(o, o.GetNamespace() != "", names[gvk.Kind], field.NewPath("metadata")),
			kinds.FieldRules().Fields(o), s.Check(t.Context(), o, nil)}
		if s.ValidateCreate != nil {
			lists = append(lists, s.ValidateCreate(t.Context(), o))
		}
		errs := validation.Merge(lists...)
		got, want := texts(causes(errs)), texts(c.Causes)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got  %s\n want %s", c.Given, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
}

var strategies = kinds.Strategies(kind.Deps{})

// strategyOf has a kind's own rules.
func strategyOf(gvk schema.GroupVersionKind) *resource.Strategy {
	i := slices.IndexFunc(resources.Rows, func(r resources.Row) bool {
		return r.KindGroup == gvk.Group && r.KindVersion == gvk.Version && r.Kind == gvk.Kind && r.Subresource == ""
	})
	if i < 0 {
		return &resource.Strategy{}
	}
	return strategies(resources.Rows[i])
}

func decode(t testing.TB, b []byte) (object.Object, schema.GroupVersionKind) {
	t.Helper()
	var meta metav1.TypeMeta
	if err := json.Unmarshal(b, &meta); err != nil {
		t.Fatal(err)
	}
	gvk := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	newKind := resources.Kinds[gvk]
	if newKind == nil {
		t.Fatalf("%v is not a kind", gvk)
	}
	o, ok := newKind().(object.Object)
	if !ok {
		t.Fatalf("%v is not an object", gvk)
	}
	if err := json.Unmarshal(b, o); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return o, gvk
}

func causes(errs field.ErrorList) (out []cause) {
	for _, e := range errs {
		out = append(out, cause{string(e.Type), e.Field, e.ErrorBody()})
	}
	return out
}

// texts are unique: upstream says some faults twice, where it checks a copy of a part again.
func texts(l []cause) (out []string) {
	for _, c := range l {
		if !slices.Contains(out, c.String()) {
			out = append(out, c.String())
		}
	}
	return out
}

package kinds

import (
	"fmt"
	"strings"
	"testing"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestScale(t *testing.T) {
	for _, c := range []struct{ group, resource, text, selector string }{
		{"apps", "deployments", `{metadata: {name: d, namespace: n, uid: u, resourceVersion: "7"}, spec: {replicas: 3, selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}}, status: {replicas: 2}}`, "a=b,c"},
		{"apps", "statefulsets", `{metadata: {name: d, namespace: n, uid: u, resourceVersion: "7"}, spec: {replicas: 3, selector: {matchLabels: {a: b}}}, status: {replicas: 2}}`, "a=b"},
		{"apps", "replicasets", `{metadata: {name: d, namespace: n, uid: u, resourceVersion: "7"}, spec: {replicas: 3, selector: {matchLabels: {a: b}}}, status: {replicas: 2}}`, "a=b"},
		{"", "replicationcontrollers", `{metadata: {name: d, namespace: n, uid: u, resourceVersion: "7"}, spec: {replicas: 3, selector: {a: b}}, status: {replicas: 2}}`, "a=b"},
	} {
		s := Strategies(kind.Deps{})(kindtest.Row(t, c.group, "v1", c.resource, "scale"))
		parent := kindtest.Object(t, kindtest.Row(t, c.group, "v1", c.resource, ""), c.text)
		view, err := s.View(parent)
		if err != nil {
			t.Fatal(err)
		}
		sc := view.(*autoscalingv1.Scale)
		if sc.Spec.Replicas != 3 || sc.Status.Replicas != 2 || sc.Status.Selector != c.selector || sc.UID != "u" || sc.ResourceVersion != "7" || sc.Kind != "Scale" {
			t.Errorf("%s: %+v", c.resource, sc)
		}
		sc.Spec.Replicas, sc.ResourceVersion = 9, "8"
		if err := s.Apply(t.Context(), sc, parent); err != nil {
			t.Fatal(err)
		}
		again, _ := s.View(parent)
		if again.(*autoscalingv1.Scale).Spec.Replicas != 9 || parent.GetResourceVersion() != "8" {
			t.Errorf("%s: not applied", c.resource)
		}
		sc.Spec.Replicas = -1
		if err := s.Apply(t.Context(), sc, parent); err == nil || err.Error() != `Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0` {
			t.Errorf("%v", err)
		}
		sc.Spec.Replicas, sc.UID = 1, "other"
		if err := s.Apply(t.Context(), sc, parent); err == nil || !strings.Contains(err.Error(), c.resource+`/scale`) || !strings.Contains(err.Error(), "Precondition failed: UID in precondition: other, UID in object meta: u") {
			t.Errorf("%v", err)
		}
		if err := s.Apply(t.Context(), parent, parent); err == nil {
			t.Error("a body of another kind is applied")
		}
	}
}

// A scale is held to the rules of the whole object and warns as an update of it does.
func TestScaleHasItsParentsRules(t *testing.T) {
	const template = `template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Always, nodeSelector: {beta.kubernetes.io/os: linux}, containers: [{name: c, image: i}]}}`
	for _, c := range []struct{ group, resource, selector, rest string }{
		{"apps", "deployments", `{matchLabels: {a: %s}}`, ", strategy: {type: Recreate}"},
		{"apps", "statefulsets", `{matchLabels: {a: %s}}`, ""},
		{"apps", "replicasets", `{matchLabels: {a: %s}}`, ""},
		{"", "replicationcontrollers", `{a: %s}`, ""},
	} {
		s := Strategies(kind.Deps{})(kindtest.Row(t, c.group, "v1", c.resource, "scale"))
		object := func(label string, generation int64, replicas int) object.Object {
			o := kindtest.Object(t, kindtest.Row(t, c.group, "v1", c.resource, ""), fmt.Sprintf("{metadata: {name: s, namespace: n}, spec: {replicas: %d, selector: %s, %s%s}}",
				replicas, fmt.Sprintf(c.selector, label), template, c.rest))
			o.SetGeneration(generation)
			return o
		}
		good, old := object("b", 2, 3), object("b", 1, 2)
		errs := s.Check(t.Context(), good, old)
		if s.ValidateUpdate != nil {
			errs = append(errs, s.ValidateUpdate(t.Context(), good, old)...)
		}
		if len(errs) > 0 {
			t.Errorf("%s: %v", c.resource, errs)
		}
		if warnings := s.Warnings(t.Context(), good, old); len(warnings) != 1 || !strings.Contains(warnings[0], "beta.kubernetes.io/os") {
			t.Errorf("%s: %q", c.resource, warnings)
		}
		if errs := s.Check(t.Context(), object("other", 2, 3), old); len(errs) == 0 || !s.FieldRules {
			t.Errorf("%s: an old fault is not found", c.resource)
		}
	}
}

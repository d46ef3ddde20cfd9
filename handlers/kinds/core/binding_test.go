package core

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	policyv1 "github.com/gatehouse-dev/gatehouse/gen/types/policy/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func livePod(t *testing.T, d kind.Deps) *corev1.Pod {
	t.Helper()
	o, err := d.Objects.Get(t.Context(), kind.CoreV1("pods"), "ns", "p")
	if err != nil {
		t.Fatal(err)
	}
	return o.(*corev1.Pod)
}

func TestBinding(t *testing.T) {
	_, d := kindtest.World(t)
	kindtest.Put(t, d, kind.CoreV1("pods"), podOf(t, `{containers: []}`))
	create := kindtest.HooksWith(t, Kinds, d, "v1", "pods", "binding").Create
	bind := func(text, name string, dryRun bool) error {
		_, err := create(t.Context(), &resource.Attempt{Namespace: "ns", Name: name, DryRun: dryRun}, kindtest.Parse[corev1.Binding](t, text))
		return err
	}
	const good = `{metadata: {name: p, annotations: {a: b}, labels: {c: d}}, target: {kind: Node, name: node}}`
	for _, c := range []struct{ text, name, want string }{
		{good, "q", "name in URL does not match name in Binding object"},
		{`{metadata: {name: p}, target: {kind: Pod}}`, "p", `[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]`},
		{`{metadata: {name: p, uid: x}, target: {name: a}}`, "p", `Precondition failed: UID in precondition: x`},
		{`{metadata: {name: none}, target: {name: a}}`, "none", `pods "none" not found`},
	} {
		if err := bind(c.text, c.name, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
	if err := bind(good, "p", true); err != nil || livePod(t, d).Spec.NodeName != "" {
		t.Errorf("a dry run left a trace, or failed: %v", err)
	}
	if err := bind(good, "p", false); err != nil {
		t.Fatal(err)
	}
	pod := livePod(t, d)
	if c := pod.Status.Conditions; pod.Spec.NodeName != "node" || pod.Annotations["a"] != "b" || pod.Labels["c"] != "d" || len(c) != 1 || c[0].Type != "PodScheduled" || c[0].Status != "True" {
		t.Errorf("%+v", pod)
	}
	err := bind(good, "", false)
	if !apierrors.IsConflict(err) || err.Error() != `Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node"` {
		t.Errorf("%v", err)
	}
}

func TestEviction(t *testing.T) {
	evict := func(t *testing.T, d kind.Deps, dryRun bool) (runtime.Object, error) {
		return kindtest.HooksWith(t, Kinds, d, "v1", "pods", "eviction").Create(t.Context(), &resource.Attempt{Namespace: "ns", Name: "p", DryRun: dryRun},
			&policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns"}})
	}
	const selects = `{metadata: {name: b, namespace: ns, generation: 1}, spec: {selector: {matchLabels: {a: b}}}, status: `
	for _, c := range []struct {
		name, phase string
		ready       bool
		budgets     []string
		message     string
		cause       string
		retry       int32
		gone        bool
	}{
		{name: "no budget", phase: "Running", gone: true},
		{name: "pending needs none", phase: "Pending", budgets: []string{selects + `{}}`}, gone: true},
		{name: "allowed", phase: "Running", ready: true, budgets: []string{selects + `{observedGeneration: 1, disruptionsAllowed: 1}}`}, gone: true},
		{name: "used up", phase: "Running", ready: true, budgets: []string{selects + `{observedGeneration: 1, desiredHealthy: 2, currentHealthy: 2}}`},
			message: violates, cause: "The disruption budget b needs 2 healthy pods and has 2 currently"},
		{name: "not seen yet", phase: "Running", ready: true, budgets: []string{selects + `{}}`}, message: violates, retry: 10,
			cause: "The disruption budget b is still being processed by the server."},
		{name: "failed sync", phase: "Running", ready: true, budgets: []string{selects + `{observedGeneration: 1, currentHealthy: 3, conditions: [{type: DisruptionAllowed, status: "False", reason: SyncFailed, message: why}]}}`},
			message: violates, cause: "The disruption budget b does not allow evicting pods currently because it failed sync: why"},
		{name: "not ready, healthy enough", phase: "Running", budgets: []string{selects + `{observedGeneration: 1, desiredHealthy: 2, currentHealthy: 2}}`}, gone: true},
		{name: "two budgets", phase: "Running", budgets: []string{selects + `{}}`, strings.Replace(selects, "name: b", "name: c", 1) + `{}}`},
			message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, d := kindtest.World(t)
			pod := podOf(t, `{containers: []}`)
			pod.Labels, pod.Status.Phase = map[string]string{"a": "b"}, c.phase
			if c.ready {
				pod.Status.Conditions = []corev1.PodCondition{{Type: "Ready", Status: "True"}}
			}
			kindtest.Put(t, d, kind.CoreV1("pods"), pod)
			for _, b := range c.budgets {
				kindtest.Put(t, d, budgets, kindtest.Parse[policyv1.PodDisruptionBudget](t, b))
			}
			result, err := evict(t, d, false)
			status, _ := result.(*metav1.Status)
			if s, ok := err.(apierrors.APIStatus); ok {
				status = new(s.Status())
			}
			if status == nil {
				t.Fatal(err)
			}
			if status.Message != c.message {
				t.Errorf("%q", status.Message)
			}
			if c.cause != "" && (status.Code != 429 || status.Details.Causes[0].Message != c.cause || status.Details.RetryAfterSeconds != c.retry) {
				t.Errorf("%+v", status)
			}
			_, err = d.Objects.Get(t.Context(), kind.CoreV1("pods"), "ns", "p")
			if apierrors.IsNotFound(err) != c.gone {
				t.Errorf("gone: %v", err)
			}
		})
	}
}

func TestEvictionSpends(t *testing.T) {
	_, d := kindtest.World(t)
	pod := podOf(t, `{containers: []}`)
	pod.Status = corev1.PodStatus{Phase: "Running", Conditions: []corev1.PodCondition{{Type: "Ready", Status: "True"}}}
	kindtest.Put(t, d, kind.CoreV1("pods"), pod)
	kindtest.Put(t, d, budgets, kindtest.Parse[policyv1.PodDisruptionBudget](t, `{metadata: {name: b, namespace: ns, generation: 1}, spec: {selector: {}}, status: {observedGeneration: 1, disruptionsAllowed: 1}}`))
	create := kindtest.HooksWith(t, Kinds, d, "v1", "pods", "eviction").Create
	body := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
	if _, err := create(t.Context(), &resource.Attempt{Namespace: "ns", Name: "p", DryRun: true}, body); err != nil {
		t.Fatal(err)
	}
	left := func() *policyv1.PodDisruptionBudget {
		o, err := d.Objects.Get(t.Context(), budgets, "ns", "b")
		if err != nil {
			t.Fatal(err)
		}
		return o.(*policyv1.PodDisruptionBudget)
	}
	if left().Status.DisruptionsAllowed != 1 {
		t.Error("a dry run spent a disruption")
	}
	kindtest.Put(t, d, kind.CoreV1("pods"), pod) // the delete of this test knows no dry run
	if _, err := create(t.Context(), &resource.Attempt{Namespace: "ns", Name: "p"}, body); err != nil {
		t.Fatal(err)
	}
	st := left().Status
	if _, ok := st.DisruptedPods["p"]; st.DisruptionsAllowed != 0 || !ok || len(st.Conditions) != 1 || st.Conditions[0].Reason != "InsufficientPods" {
		t.Errorf("%+v", st)
	}
}

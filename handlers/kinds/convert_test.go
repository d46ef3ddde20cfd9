package kinds

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// filler makes random objects as they can come over the wire. What both versions say differently on purpose is avoided:
// an optional value that is there but zero, and a device without its "basic" part.
func filler(seed int64) *randfill.Filler {
	return randfill.New().RandSource(rand.NewSource(seed)).NilChance(0.3).NumElements(1, 3).MaxDepth(12).Funcs(
		func(t *metav1.Time, c randfill.Continue) { *t = metav1.Unix(c.Int63n(1<<31), 0) },
		func(t *metav1.MicroTime, c randfill.Continue) {
			*t = metav1.NewMicroTime(time.UnixMicro(c.Int63n(1 << 50)))
		},
		func(q *quantity.Quantity, c randfill.Continue) {
			*q = *quantity.NewQuantity(1+c.Int63n(1000), quantity.DecimalSI)
		},
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"a":1}`) },
		func(r *json.RawMessage, _ randfill.Continue) { *r = json.RawMessage(`{"a":1}`) },
		func(i *intstr.IntOrString, c randfill.Continue) { *i = intstr.FromInt32(c.Int31()) },
		func(f *metav1.FieldsV1, _ randfill.Continue) { f.Raw = []byte(`{}`) },
		func(b *bool, _ randfill.Continue) { *b = true },
		func(s *string, c randfill.Continue) { *s = "x" + c.String(8) },
		func(d *resourcev1beta1.Device, c randfill.Continue) {
			c.FillNoCustom(d)
			if d.Basic == nil {
				d.Basic = &resourcev1beta1.BasicDevice{}
			}
		},
		func(h *autoscalingv1.HorizontalPodAutoscaler, c randfill.Continue) {
			c.FillNoCustom(h)
			if h.Spec.TargetCPUUtilizationPercentage == nil {
				h.Spec.TargetCPUUtilizationPercentage = new(int32)
			}
			// The use of cpu comes back with an annotation beside it, as with upstream.
			h.Status.CurrentCPUUtilizationPercentage = nil
		},
	)
}

func stored(row resources.Row) schema.GroupVersionKind {
	i := strings.LastIndex(row.Storage, "/")
	return schema.GroupVersionKind{Group: row.Storage[:i], Version: row.Storage[i+1:], Kind: row.Kind}
}

// Every row that is kept in another version than its own can be converted both ways, and nothing is lost on the way.
func TestRoundTrips(t *testing.T) {
	seen := 0
	for _, row := range resources.Rows {
		if row.Subresource != "" || row.Storage == "" {
			continue
		}
		own, kept := gvk(row.Group, row.Version, row.Kind), stored(row)
		if own == kept || resources.Kinds[kept] == nil {
			continue
		}
		seen++
		roundTrip(t, own, kept)
		if row.Kind != "HorizontalPodAutoscaler" {
			roundTrip(t, kept, own)
		}
	}
	if seen < 18 {
		t.Errorf("only %d rows are kept in another version", seen)
	}
}

func roundTrip(t *testing.T, from, via schema.GroupVersionKind) {
	t.Helper()
	there, ok := Convert(from, via)
	back, ok2 := Convert(via, from)
	if !ok || !ok2 {
		t.Errorf("%v and %v: no converter", from, via)
		return
	}
	for seed := range int64(60) {
		o := resources.Kinds[from]().(object.Object)
		filler(seed).Fill(o)
		o.GetObjectKind().SetGroupVersionKind(from)
		before := o.DeepCopyObject()
		mid, err := there(o)
		if err != nil {
			t.Fatal(err)
		}
		if mid.GetObjectKind().GroupVersionKind() != via {
			t.Errorf("%v became %v, want %v", from, mid.GetObjectKind().GroupVersionKind(), via)
		}
		after, err := back(mid)
		if err != nil {
			t.Fatal(err)
		}
		if !equality.Semantic.DeepEqual(o, before) {
			t.Errorf("%v: the argument was changed", from)
		}
		if !equality.Semantic.DeepEqual(after, before) {
			a, _ := json.Marshal(before)
			b, _ := json.Marshal(after)
			t.Fatalf("%v by way of %v, seed %d:\n%s\n%s", from, via, seed, a, b)
		}
	}
}

func TestConvert(t *testing.T) {
	pod := gvk("", "v1", "Pod")
	if _, ok := Convert(pod, gvk("apps", "v1", "Deployment")); ok {
		t.Error("a pod becomes a deployment")
	}
	if _, ok := Convert(gvk("autoscaling", "v1", "Scale"), gvk("autoscaling", "v2", "Scale")); ok {
		t.Error("a converter to a kind that does not exist")
	}
	same, ok := Convert(pod, pod)
	if !ok {
		t.Fatal("no converter to the same version")
	}
	in := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}}}
	out, err := same(in)
	if err != nil {
		t.Fatal(err)
	}
	out.GetLabels()["a"] = "c"
	if in.Labels["a"] != "b" {
		t.Error("memory is shared")
	}
	c, _ := Convert(gvk("", "v1", "Event"), gvk("events.k8s.io", "v1", "Event"))
	if _, err := c(in); err == nil {
		t.Error("a pod was converted as an event")
	}
	c, _ = Convert(gvk("storage.k8s.io", "v1", "VolumeAttributesClass"), gvk("storage.k8s.io", "v1beta1", "VolumeAttributesClass"))
	if _, err := c(in); err == nil {
		t.Error("a pod was converted as a class")
	}
}

func converted[T object.Object](t *testing.T, from, to schema.GroupVersionKind, in object.Object) T {
	t.Helper()
	c, ok := Convert(from, to)
	if !ok {
		t.Fatalf("no converter from %v to %v", from, to)
	}
	out, err := c(in)
	if err != nil {
		t.Fatal(err)
	}
	return out.(T)
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

const full = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h, annotations: {a: b, autoscaling.alpha.kubernetes.io/metrics: stale}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}
  minReplicas: 1
  maxReplicas: 5
  behavior:
    scaleUp: {stabilizationWindowSeconds: 0, selectPolicy: Max, policies: [{type: Pods, value: 4, periodSeconds: 15}]}
    scaleDown: {stabilizationWindowSeconds: 60, selectPolicy: Max, policies: [{type: Pods, value: 4, periodSeconds: 60}]}
  metrics:
  - {type: Pods, pods: {metric: {name: m, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: "10"}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  - {type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: Utilization, averageUtilization: 3}}}
  - {type: Object, object: {metric: {name: o}, describedObject: {kind: Service, name: s, apiVersion: v1}, target: {type: Value, value: "5"}}}
  - {type: External, external: {metric: {name: e}, target: {type: AverageValue, averageValue: "7"}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 42}}}
status:
  desiredReplicas: 2
  currentMetrics:
  - {type: Resource, resource: {name: cpu, current: {averageUtilization: 7, averageValue: "1"}}}
  - {type: Pods, pods: {metric: {name: m}, current: {averageValue: "3"}}}
  - {type: Object, object: {metric: {name: m}, describedObject: {kind: Service, name: s}, current: {value: "3", averageValue: "1"}}}
  - {type: External, external: {metric: {name: m}, current: {value: "3"}}}
  - {type: ContainerResource, containerResource: {name: cpu, container: c, current: {averageValue: "3"}}}
  conditions: [{type: AbleToScale, status: "True", lastTransitionTime: "2026-01-02T03:04:05Z", reason: r, message: m}]
`

// The annotations in which version 1 keeps what it cannot say.
const (
	metricsNote    = "autoscaling.alpha.kubernetes.io/metrics"
	behaviorNote   = "autoscaling.alpha.kubernetes.io/behavior"
	conditionsNote = "autoscaling.alpha.kubernetes.io/conditions"
	currentNote    = "autoscaling.alpha.kubernetes.io/current-metrics"
)

var hpa1, hpa2 = gvk("autoscaling", "v1", "HorizontalPodAutoscaler"), gvk("autoscaling", "v2", "HorizontalPodAutoscaler")

// The annotations are what upstream writes for the same object.
func TestAutoscaler(t *testing.T) {
	in := &autoscalingv2.HorizontalPodAutoscaler{}
	parse(t, full, in)
	mid := converted[*autoscalingv1.HorizontalPodAutoscaler](t, hpa2, hpa1, in)
	if p := mid.Spec.TargetCPUUtilizationPercentage; p == nil || *p != 42 {
		t.Errorf("cpu target %v", p)
	}
	if p := mid.Status.CurrentCPUUtilizationPercentage; p == nil || *p != 7 {
		t.Errorf("cpu use %v", p)
	}
	for name, want := range map[string]string{
		"a":            "b",
		metricsNote:    `[{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"10","selector":{"matchLabels":{"a":"b"}}}},{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}},{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":3,"container":"c"}},{"type":"Object","object":{"target":{"kind":"Service","name":"s","apiVersion":"v1"},"metricName":"o","targetValue":"5"}},{"type":"External","external":{"metricName":"e","targetAverageValue":"7"}}]`,
		behaviorNote:   `{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":60}],"Tolerance":null}}`,
		conditionsNote: `[{"type":"AbleToScale","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z","reason":"r","message":"m"}]`,
	} {
		if mid.Annotations[name] != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, mid.Annotations[name], want)
		}
	}
	out := converted[*autoscalingv2.HorizontalPodAutoscaler](t, hpa1, hpa2, mid)
	in.Annotations = map[string]string{"a": "b"}
	if !equality.Semantic.DeepEqual(in, out) {
		a, _ := json.Marshal(in)
		b, _ := json.Marshal(out)
		t.Errorf("came back as\n%s\nwas\n%s", b, a)
	}
}

func TestAutoscalerNotes(t *testing.T) {
	in := &autoscalingv1.HorizontalPodAutoscaler{}
	in.Annotations = map[string]string{metricsNote: "no json", behaviorNote: "{}", conditionsNote: "x", currentNote: "[", "keep": "me"}
	out := converted[*autoscalingv2.HorizontalPodAutoscaler](t, hpa1, hpa2, in)
	if len(out.Annotations) != 1 || out.Spec.Behavior != nil || out.Status.Conditions != nil || out.Status.CurrentMetrics != nil {
		t.Errorf("%+v", out)
	}
	if len(out.Spec.Metrics) != 1 || *out.Spec.Metrics[0].Resource.Target.AverageUtilization != 80 {
		t.Errorf("no default metric: %+v", out.Spec.Metrics)
	}
	if len(in.Annotations) != 5 {
		t.Error("the argument lost annotations")
	}
}

func TestEvent(t *testing.T) {
	in := &eventsv1.Event{}
	parse(t, `{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: e}, note: text, regarding: {name: p}, reportingController: a/b,
		deprecatedSource: {component: c}, deprecatedCount: 3, series: {count: 2, lastObservedTime: "2026-01-02T03:04:05.000006Z"}}`, in)
	out := converted[*corev1.Event](t, gvk("events.k8s.io", "v1", "Event"), gvk("", "v1", "Event"), in)
	if out.Message != "text" || out.InvolvedObject.Name != "p" || out.Source.Component != "c" || out.Count != 3 || out.Series.Count != 2 || out.ReportingController != "a/b" || out.APIVersion != "v1" {
		t.Errorf("%+v", out)
	}
}

func TestDevices(t *testing.T) {
	old, now := gvk("resource.k8s.io", "v1beta1", "ResourceClaim"), gvk("resource.k8s.io", "v1", "ResourceClaim")
	in := &resourcev1beta1.ResourceClaim{}
	parse(t, `{spec: {devices: {requests: [{name: a, deviceClassName: c, count: 2}, {name: b, firstAvailable: [{name: x, deviceClassName: d}]}]}}}`, in)
	out := converted[*resourcev1.ResourceClaim](t, old, now, in)
	r := out.Spec.Devices.Requests
	if r[0].Exactly == nil || r[0].Exactly.DeviceClassName != "c" || r[0].Exactly.Count != 2 || r[1].Exactly != nil || r[1].FirstAvailable[0].DeviceClassName != "d" {
		t.Errorf("%+v", r)
	}
	oldSlice, nowSlice := gvk("resource.k8s.io", "v1beta1", "ResourceSlice"), gvk("resource.k8s.io", "v1", "ResourceSlice")
	slice := &resourcev1.ResourceSlice{}
	parse(t, `{spec: {driver: d, allNodes: true, pool: {name: p}, devices: [{name: x, attributes: {a: {int: 3}}}]}}`, slice)
	back := converted[*resourcev1beta1.ResourceSlice](t, nowSlice, oldSlice, slice)
	if !back.Spec.AllNodes || back.Spec.NodeName != "" || *back.Spec.Devices[0].Basic.Attributes["a"].IntValue != 3 {
		t.Errorf("%+v", back.Spec)
	}
}

func gvk(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

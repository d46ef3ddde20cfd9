package quota

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// world has objects by resource/namespace/name.
type world map[string]object.Object

func (w world) Get(_ context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error) {
	if o := w[gvr.Resource+"/"+namespace+"/"+name]; o != nil {
		return o, nil
	}
	return nil, apierrors.NewNotFound(gvr.GroupResource(), name)
}

func (w world) List(_ context.Context, gvr schema.GroupVersionResource, namespace string) (list []object.Object, _ error) {
	prefix := gvr.Resource + "/" + namespace
	for key, o := range w {
		if strings.HasPrefix(key, prefix) {
			list = append(list, o)
		}
	}
	return list, nil
}

func (w world) Countable() []schema.GroupResource {
	return []schema.GroupResource{{Resource: "pods"}, {Resource: "services"}, {Resource: "configmaps"}, {Resource: "persistentvolumeclaims"},
		{Group: "example.org", Resource: "widgets"}, {Group: "resource.k8s.io", Resource: "resourceclaims"}}
}

var errAway = errors.New("away")

func (w world) Objects(ctx context.Context, gr schema.GroupResource, namespace string, yield func(object.Object) bool) error {
	list, _ := w.List(ctx, gr.WithVersion("v1"), namespace)
	for _, o := range list {
		if o.GetName() == "broken" {
			return errAway
		}
		if !yield(o) {
			break
		}
	}
	return nil
}

func (w world) Count(ctx context.Context, gr schema.GroupResource, namespace string) (int64, error) {
	list, err := w.List(ctx, gr.WithVersion("v1"), namespace)
	return int64(len(list)), err
}

func on(string) bool { return true }

func parse[T any](t testing.TB, text string) *T {
	t.Helper()
	o := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), o); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// text is all amounts that are not zero.
func text(l List) string {
	var names []string
	for name, q := range l {
		if !q.IsZero() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return Format(l, names)
}

func TestPodUsage(t *testing.T) {
	const resources = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2}}"
	for _, c := range []struct{ name, pod, want string }{
		{"nothing", "{spec: {containers: [{name: a}]}}", "count/pods=1,pods=1"},
		{"the sum", "{spec: {containers: [{name: a, " + resources + "}, {name: b, resources: {requests: {cpu: 500m, ephemeral-storage: 1Gi}}}]}}",
			"count/pods=1,cpu=1500m,ephemeral-storage=1Gi,limits.cpu=2,memory=1Gi,pods=1,requests.cpu=1500m,requests.ephemeral-storage=1Gi,requests.memory=1Gi"},
		{"an init container needs more", "{spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 3}}}]}}", "count/pods=1,cpu=3,pods=1,requests.cpu=3"},
		{"sidecars run beside all that come later", "{spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 3}}}, {name: s, restartPolicy: Always, resources: {requests: {cpu: 2}}}, {name: j, resources: {requests: {cpu: 4}}}]}}",
			"count/pods=1,cpu=6,pods=1,requests.cpu=6"},
		{"the pod states it", "{spec: {resources: {requests: {cpu: 5}, limits: {memory: 1Gi}}, containers: [{name: a, " + resources + "}]}}", "count/pods=1,cpu=5,limits.cpu=2,limits.memory=1Gi,memory=1Gi,pods=1,requests.cpu=5,requests.memory=1Gi"},
		{"overhead", "{spec: {overhead: {cpu: 250m}, containers: [{name: a, " + resources + "}]}}", "count/pods=1,cpu=1250m,limits.cpu=2250m,memory=1Gi,pods=1,requests.cpu=1250m,requests.memory=1Gi"},
		{"a container that still has more", "{spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}, status: {containerStatuses: [{name: a, allocatedResources: {cpu: 3}, resources: {requests: {cpu: 2}, limits: {cpu: 4}}}]}}", "count/pods=1,cpu=3,limits.cpu=4,pods=1,requests.cpu=3"},
		{"a resize that never comes", "{spec: {containers: [{name: a, resources: {requests: {cpu: 9}}}]}, status: {conditions: [{type: PodResizePending, reason: Infeasible}], containerStatuses: [{name: a, resources: {requests: {cpu: 2}}}]}}", "count/pods=1,cpu=2,pods=1,requests.cpu=2"},
		{"it has ended", "{spec: {containers: [{name: a, " + resources + "}]}, status: {phase: Succeeded}}", "count/pods=1"},
		{"it should have ended", "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30}, spec: {containers: [{name: a, " + resources + "}]}}", "count/pods=1"},
		{"an implicit extended resource", "{spec: {containers: [{name: a, resources: {requests: {deviceclass.resource.kubernetes.io/gpu: 2}}}]}}", "count/pods=1,pods=1,requests.deviceclass.resource.kubernetes.io/gpu=2"},
	} {
		p := NewRegistry(on, world{}).Get(schema.GroupResource{Resource: "pods"})
		got, err := p.Usage(t.Context(), parse[corev1.Pod](t, c.pod))
		if err != nil || text(got) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, text(got), err, c.want)
		}
	}
}

func TestClaimUsage(t *testing.T) {
	yes := true
	owned := func(name string, at int64) *resourcev1.ResourceClaim {
		c := parse[resourcev1.ResourceClaim](t, "{spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: ExactCount, count: 3}}]}}}")
		c.Namespace, c.Name, c.Annotations = "ns", name, map[string]string{extendedClaim: "true"}
		c.CreationTimestamp = metav1.Unix(at, 0)
		c.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "u", Controller: &yes}}
		return c
	}
	pod := parse[corev1.Pod](t, "{metadata: {name: p, namespace: ns, uid: u}, spec: {containers: [{name: a, resources: {requests: {example.com/gpu: 2}}}]}}")
	class := parse[resourcev1.DeviceClass](t, "{metadata: {name: gpu}, spec: {extendedResourceName: example.com/gpu}}")
	w := world{"deviceclasses//gpu": class, "pods/ns/p": pod, "resourceclaims/ns/first": owned("first", 1), "resourceclaims/ns/second": owned("second", 2)}
	r := NewRegistry(on, w)
	e := r.Get(schema.GroupResource{Group: "resource.k8s.io", Resource: "resourceclaims"})
	const all = "count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=3,requests.deviceclass.resource.kubernetes.io/gpu=3,requests.example.com/gpu=3"
	for _, c := range []struct {
		name string
		o    *resourcev1.ResourceClaim
		want string
	}{
		{"made for a pod", owned("first", 1), strings.Replace(all, "requests.example.com/gpu=3", "requests.example.com/gpu=1", 1)},
		{"made after another one", owned("second", 2), all},
		{"of nobody", func() *resourcev1.ResourceClaim { c := owned("third", 0); c.OwnerReferences = nil; return c }(), all},
		{"of another pod", func() *resourcev1.ResourceClaim {
			c := owned("first", 1)
			c.OwnerReferences[0].UID = types.UID("v")
			return c
		}(), all},
		{"alternatives", parse[resourcev1.ResourceClaim](t, "{spec: {devices: {requests: [{name: r, firstAvailable: [{name: a, deviceClassName: x, allocationMode: All}, {name: b, deviceClassName: x, allocationMode: ExactCount, count: 40}, {name: c, deviceClassName: w, allocationMode: Later, count: 4}]}, {name: s, exactly: {deviceClassName: w, allocationMode: ExactCount, count: 2}}]}}}"),
			"count/resourceclaims.resource.k8s.io=1,requests.deviceclass.resource.kubernetes.io/w=2,requests.deviceclass.resource.kubernetes.io/x=40,w.deviceclass.resource.k8s.io/devices=2,x.deviceclass.resource.k8s.io/devices=40"},
	} {
		got, err := e.Usage(t.Context(), c.o)
		if err != nil || text(got) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, text(got), err, c.want)
		}
	}
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "ns"}, Spec: corev1.ResourceQuotaSpec{Hard: List{"requests.example.com/gpu": one(), "requests.deviceclass.resource.kubernetes.io/gpu": one(), "gpu.deviceclass.resource.k8s.io/devices": one()}}}
	if got, err := r.Usage(t.Context(), w, q); err != nil || text(got) != "gpu.deviceclass.resource.k8s.io/devices=6,requests.deviceclass.resource.kubernetes.io/gpu=6,requests.example.com/gpu=6" {
		t.Errorf("of the namespace: %s, %v", text(got), err)
	}
}

func TestNamespaceUsage(t *testing.T) {
	pod := func(name, class string) object.Object {
		p := parse[corev1.Pod](t, "{spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}}")
		p.Namespace, p.Name, p.Spec.PriorityClassName = "ns", name, class
		return p
	}
	w := world{"pods/ns/a": pod("a", "high"), "pods/ns/b": pod("b", ""), "configmaps/ns/c": &corev1.ConfigMap{}, "widgets/ns/d": &corev1.ConfigMap{},
		"services/ns/s":                    parse[corev1.Service](t, "{spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 1}, {port: 2, nodePort: 30000}]}}"),
		"persistentvolumeclaims/ns/broken": &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "broken"}}}
	for _, c := range []struct{ name, spec, want, fault string }{
		{"all", "{hard: {pods: 5, cpu: 5, configmaps: 5, count/widgets.example.org: 5, services.nodeports: 5, services.loadbalancers: 5, nothing: 5}}", "configmaps=1,count/widgets.example.org=1,cpu=2,pods=2,services.loadbalancers=1,services.nodeports=1", ""},
		{"a scope", "{hard: {pods: 5, configmaps: 5}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}", "pods=1", ""},
		{"what cannot be read", "{hard: {pods: 5, persistentvolumeclaims: 5}}", "pods=2", "away"},
	} {
		q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "ns"}, Spec: *parse[corev1.ResourceQuotaSpec](t, c.spec)}
		got, err := NewRegistry(on, w).Usage(t.Context(), w, q)
		if text(got) != c.want || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %s, %v, want %s", c.name, text(got), err, c.want)
		}
		if _, found := got["nothing"]; found {
			t.Errorf("%s: what nobody measures has an amount", c.name)
		}
	}
}

func TestLists(t *testing.T) {
	a, b := List{"x": one(), "y": resource.MustParse("5")}, List{"x": resource.MustParse("3"), "z": one()}
	for name, c := range map[string]struct {
		got  List
		want string
	}{
		"sum": {Add(a, b), "x=4,y=5,z=1"}, "increase": {Increase(b, a), "x=2,z=1"}, "less": {Less(a, b), "y=5"},
		"highest": {Highest(a, b), "x=3,y=5,z=1"}, "lowest": {Lowest(a, b), "x=1,y=5"}, "mask": {Mask(a, b), "x=1"},
	} {
		if text(c.got) != c.want {
			t.Errorf("%s: %s, want %s", name, text(c.got), c.want)
		}
	}
	if got := Above(b, a); !slices.Equal(got, []string{"x"}) {
		t.Error(got)
	}
	if !Equal(a, Add(a, nil)) || Equal(a, b) || text(a) != "x=1,y=5" || text(b) != "x=3,z=1" {
		t.Error("a list was changed")
	}
	if Runs(&corev1.Pod{Status: corev1.PodStatus{Phase: "Failed"}}, time.Now()) {
		t.Error("a pod that has failed runs")
	}
	for gr, want := range map[schema.GroupResource]bool{{Resource: "events"}: true, {Group: "events.k8s.io", Resource: "events"}: true, {Resource: "pods"}: false, {Group: "authorization.k8s.io", Resource: "localsubjectaccessreviews"}: true} {
		if Ignored(gr) != want {
			t.Errorf("%v is ignored: %t", gr, !want)
		}
	}
}

package resourcequota

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

func object0() quantity.Quantity { return quantity.MustParse("0") }

const asking = `{containers: [{name: a, image: i, resources: {requests: {cpu: 300m, memory: 64Mi}, limits: {cpu: 1, memory: 64Mi}}}]}`

func TestPods(t *testing.T) {
	for _, c := range []struct {
		name, hard, used, spec string
		pod                    string
		fault, after           string
	}{
		{name: "room", hard: "pods=2,requests.cpu=1,limits.memory=1Gi", pod: asking, after: "limits.memory=64Mi,pods=1,requests.cpu=300m"},
		{name: "none left", hard: "pods=1,cpu=500m,requests.cpu=2", used: "pods=1,cpu=300m,requests.cpu=300m", pod: asking,
			fault: `pods "p" is forbidden: exceeded quota: q, requested: cpu=300m,pods=1, used: cpu=300m,pods=1, limited: cpu=500m,pods=1`, after: "cpu=300m,pods=1,requests.cpu=300m"},
		{name: "exactly", hard: "pods=2,cpu=600m", used: "pods=1,cpu=300m", pod: asking, after: "cpu=600m,pods=2"},
		{name: "what has to be stated", hard: "requests.cpu=1,limits.memory=1Gi,requests.ephemeral-storage=1Gi",
			pod:   `{initContainers: [{name: c, image: i}], containers: [{name: b, image: i}, {name: a, image: i, resources: {requests: {cpu: 1}}}]}`,
			fault: `pods "p" is forbidden: failed quota: q: must specify limits.memory for: a,b,c; requests.cpu for: b,c`, after: "limits.memory=0,requests.cpu=0,requests.ephemeral-storage=0"},
		{name: "stated for the pod", hard: "requests.cpu=1", pod: `{resources: {requests: {cpu: 400m}}, containers: [{name: b, image: i}]}`, after: "requests.cpu=400m"},
		{name: "usage is not known yet", hard: "pods=1,count/pods=1", used: "unknown", pod: asking, fault: `pods "p" is forbidden: status unknown for quota: q, resources: count/pods,pods`, after: "count/pods=0,pods=0"},
		{name: "another scope", hard: "pods=0", spec: "{scopes: [BestEffort]}", pod: asking, after: "pods=0"},
		{name: "best effort", hard: "pods=0", spec: "{scopes: [BestEffort]}", pod: `{containers: [{name: a, image: i}]}`, fault: "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0", after: "pods=0"},
		{name: "not best effort", hard: "pods=1", spec: "{scopes: [NotBestEffort]}", pod: asking, after: "pods=1"},
		{name: "terminating", hard: "pods=1", spec: "{scopes: [Terminating]}", pod: strings.Replace(asking, "{", "{activeDeadlineSeconds: 5, ", 1), after: "pods=1"},
		{name: "not terminating", hard: "pods=1", spec: "{scopes: [NotTerminating]}", pod: strings.Replace(asking, "{", "{activeDeadlineSeconds: 5, ", 1), after: "pods=0"},
		{name: "a priority class", hard: "pods=1", spec: "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high, low]}]}}", pod: strings.Replace(asking, "{", "{priorityClassName: low, ", 1), after: "pods=1"},
		{name: "not that priority class", hard: "pods=1", spec: "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [low]}]}}", pod: strings.Replace(asking, "{", "{priorityClassName: low, ", 1), after: "pods=0"},
		{name: "no priority class", hard: "pods=1", spec: "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}}", pod: asking, after: "pods=1"},
		{name: "any priority class", hard: "pods=1", spec: "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}}", pod: asking, after: "pods=0"},
		{name: "an unknown operator", hard: "pods=1", spec: "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Like, values: [low]}]}}", pod: asking, fault: `"Like" is not a valid scope selector operator`, after: "pods=0"},
		{name: "affinity to other namespaces", hard: "pods=0", spec: "{scopes: [CrossNamespacePodAffinity]}", fault: "exceeded quota: q", after: "pods=0",
			pod: strings.Replace(asking, "{", "{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: k, namespaceSelector: {}}}]}}, ", 1)},
		{name: "extended resources", hard: "requests.example.com/gpu=3,example.com/gpu=9,hugepages-2Mi=4Mi,requests.hugepages-2Mi=4Mi",
			pod:   `{containers: [{name: a, image: i, resources: {requests: {example.com/gpu: 2, hugepages-2Mi: 2Mi}, limits: {example.com/gpu: 2, hugepages-2Mi: 2Mi}}}]}`,
			after: "example.com/gpu=0,hugepages-2Mi=2Mi,requests.example.com/gpu=2,requests.hugepages-2Mi=2Mi"},
		{name: "counted", hard: "count/pods=1", used: "count/pods=1", pod: asking, fault: "exceeded quota: q, requested: count/pods=1, used: count/pods=1, limited: count/pods=1", after: "count/pods=1"},
		{name: "something else", hard: "services=0", pod: asking, after: "services=0"},
	} {
		s := newServer(t, memory.New(memory.Options{}))
		s.limit(t, "q", c.hard, c.used, c.spec)
		admissiontest.Check(t, c.name, s.create(t.Context(), "pods", podOf("p", c.pod)), c.fault)
		if got := s.used(t, "q"); got != c.after {
			t.Errorf("%s: used %s, want %s", c.name, got, c.after)
		}
	}
}

// What a change uses more is charged; what it uses less is found by whoever recalculates.
func TestChanges(t *testing.T) {
	s := newServer(t, memory.New(memory.Options{}))
	s.limit(t, "q", "services.nodeports=3,services.loadbalancers=1,services=5,requests.storage=10Gi,gold.storageclass.storage.k8s.io/requests.storage=5Gi,requests.cpu=1", "", "{}")
	s.limit(t, "ending", "pods=1", "", "{scopes: [Terminating]}")
	ctx := t.Context()
	svc := func(kind string, ports int) func(object.Object) {
		return func(o object.Object) {
			spec := &o.(*corev1.Service).Spec
			spec.Type, spec.Ports = kind, make([]corev1.ServicePort, ports)
			for i := range spec.Ports {
				spec.Ports[i] = corev1.ServicePort{Name: fmt.Sprint("p", i), Port: int32(i + 1)}
			}
		}
	}
	storage := func(n string, allocated bool) func(object.Object) {
		return func(o object.Object) {
			pvc, class := o.(*corev1.PersistentVolumeClaim), "gold"
			list := map[string]quantity.Quantity{"storage": quantity.MustParse(n)}
			if allocated {
				pvc.Status.AllocatedResources = list
			} else {
				pvc.Spec.StorageClassName, pvc.Spec.Resources.Requests = &class, list
			}
		}
	}
	cpu := func(n string) func(object.Object) {
		return func(o object.Object) {
			o.(*corev1.Pod).Spec.Containers[0].Resources.Requests = map[string]quantity.Quantity{"cpu": quantity.MustParse(n)}
		}
	}
	const claims = "gold.storageclass.storage.k8s.io/requests.storage"
	for i, c := range []struct {
		do           func() error
		fault, after string
	}{
		{func() error {
			o := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "s"}}
			svc("NodePort", 2)(o)
			return s.create(ctx, "services", o)
		}, "", "services=1 services.nodeports=2"},
		{func() error { return s.change(ctx, "services", "s", svc("NodePort", 3)) }, "", "services=1 services.nodeports=3"},
		{func() error { return s.change(ctx, "services", "s", svc("LoadBalancer", 4)) }, `services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=3, limited: services.nodeports=3`, "services.loadbalancers=0 services.nodeports=3"},
		{func() error { return s.change(ctx, "services", "s", svc("LoadBalancer", 3)) }, "", "services.loadbalancers=1 services.nodeports=3"},
		{func() error { return s.change(ctx, "services", "s", svc("ClusterIP", 1)) }, "", "services.loadbalancers=1 services.nodeports=3"},
		{func() error {
			o := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c"}}
			storage("1Gi", false)(o)
			return s.create(ctx, "persistentvolumeclaims", o)
		}, "", claims + "=1Gi requests.storage=1Gi"},
		{func() error { return s.change(ctx, "persistentvolumeclaims", "c", storage("4Gi", false)) }, "", claims + "=4Gi requests.storage=4Gi"},
		{func() error { return s.change(ctx, "persistentvolumeclaims", "c", storage("6Gi", false)) }, "exceeded quota: q, requested: " + claims + "=2Gi, used: " + claims + "=4Gi, limited: " + claims + "=5Gi", claims + "=4Gi"},
		{func() error { return s.change(ctx, "persistentvolumeclaims/status", "c", storage("7Gi", true)) }, "", claims + "=7Gi requests.storage=7Gi"},
		{func() error {
			return s.create(ctx, "pods", podOf("p", `{containers: [{name: a, image: i, resources: {requests: {cpu: 500m}}}]}`))
		}, "", "requests.cpu=500m"},
		{func() error { return s.change(ctx, "pods/resize", "p", cpu("900m")) }, "", "requests.cpu=900m"},
		{func() error { return s.change(ctx, "pods/resize", "p", cpu("1100m")) }, "exceeded quota: q, requested: requests.cpu=200m, used: requests.cpu=900m, limited: requests.cpu=1", "requests.cpu=900m"},
		{func() error {
			return s.change(ctx, "pods", "p", func(o object.Object) { n := int64(9); o.(*corev1.Pod).Spec.ActiveDeadlineSeconds = &n })
		}, "", "requests.cpu=900m ending:pods=1"},
	} {
		admissiontest.Check(t, fmt.Sprint("step ", i), c.do(), c.fault)
		got := s.used(t, "q") + ",ending:" + s.used(t, "ending")
		for part := range strings.FieldsSeq(c.after) {
			if !strings.Contains(","+got+",", ","+part+",") {
				t.Errorf("step %d: used %s, want %s", i, got, part)
			}
		}
	}
}

// What was charged is given back when the write is not stored, whichever way it fails.
func TestGivenBack(t *testing.T) {
	ctx := t.Context()
	s := newServer(t, memory.New(memory.Options{}))
	s.limit(t, "a", "count/configmaps=5", "", "{}")
	s.limit(t, "b", "configmaps=2", "configmaps=1", "{}")
	admissiontest.Check(t, "room in both", s.create(ctx, "configmaps", configMap("x")), "")
	admissiontest.Check(t, "exists already", s.create(ctx, "configmaps", configMap("x")), "exceeded quota: b")
	if a, b := s.used(t, "a"), s.used(t, "b"); a != "count/configmaps=1" || b != "configmaps=2" {
		t.Errorf("used %s and %s", a, b)
	}
	if err := s.Own().Delete(ctx, resource.OwnWrite{Resource: quotas, Namespace: "ns", Name: "b"}, &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	admissiontest.Check(t, "exists already", s.create(ctx, "configmaps", configMap("x")), "already exists")
	dry := s.request("configmaps", "ns", "")
	dry.DryRun = true
	o := configMap("y")
	o.Namespace = "ns"
	if _, err := s.Create(ctx, dry, o); err != nil {
		t.Error(err)
	}
	if a := s.used(t, "a"); a != "count/configmaps=1" {
		t.Errorf("used %s", a)
	}
	s.plugin.Charger.mu.Lock()
	defer s.plugin.Charger.mu.Unlock()
	for name, a := range s.plugin.Charger.accounts {
		if a.busy || len(a.underway)+len(a.waiting)+len(a.windows) > 0 {
			t.Errorf("something is left of %v", name)
		}
	}
}

// A dry run is refused as the write would be.
func TestDryRun(t *testing.T) {
	s := newServer(t, memory.New(memory.Options{}))
	s.limit(t, "q", "configmaps=0", "", "{}")
	dry := s.request("configmaps", "ns", "")
	dry.DryRun = true
	o := configMap("y")
	o.Namespace = "ns"
	_, err := s.Create(t.Context(), dry, o)
	admissiontest.Check(t, "dry run", err, "exceeded quota: q, requested: configmaps=1, used: configmaps=0, limited: configmaps=0")
}

func TestLimited(t *testing.T) {
	head := "apiVersion: apiserver.config.k8s.io/v1\nkind: ResourceQuotaConfiguration\nlimitedResources:\n"
	for _, c := range []struct{ name, config, hard, spec, pod, fault string }{
		{"not covered", head + "- {resource: pods, matchContains: [requests.cpu, memory]}", "pods=1", "{}", asking, `pods "p" is forbidden: insufficient quota to consume: limits.memory,memory,requests.cpu,requests.memory`},
		{"covered", head + "- {resource: pods, matchContains: [requests.cpu]}", "requests.cpu=1", "{}", asking, ""},
		{"nothing of it", head + "- {resource: pods, matchContains: [gpu]}", "services=1", "{}", asking, ""},
		{"another resource", head + "- {resource: services, matchContains: [cpu]}", "services=1", "{}", asking, ""},
		{"a scope", head + "- {resource: pods, matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]}", "services=1", "{}", strings.Replace(asking, "{", "{priorityClassName: high, ", 1), "insufficient quota to match these scopes: [{PriorityClass In [high]}]"},
		{"a covered scope", head + "- {resource: pods, matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]}", "pods=1", "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}", strings.Replace(asking, "{", "{priorityClassName: high, ", 1), ""},
	} {
		limited, err := ReadConfiguration([]byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		s := newServer(t, memory.New(memory.Options{}), limited...)
		s.limit(t, "q", c.hard, "", c.spec)
		admissiontest.Check(t, c.name, s.create(t.Context(), "pods", podOf("p", c.pod)), c.fault)
	}
	for text, fault := range map[string]string{
		"": "", head + "- {resource: pods}": "", "apiVersion: resourcequota.admission.k8s.io/v1beta1\nkind: Configuration\n": "",
		head + "- {apiGroup: apps}":                "limitedResources[0].resource: Required value",
		head + "- {resource: pods, match: [a]}":    `unknown field`,
		"apiVersion: v1\nkind: Configuration\n":    `no kind "Configuration" is registered for version "v1"`,
		"kind: ResourceQuotaConfiguration\n":       "no kind",
		"apiVersion: apiserver.config.k8s.io/v1\n": "no kind",
	} {
		_, err := ReadConfiguration([]byte(text))
		admissiontest.Check(t, text, err, fault)
	}
}

// Two hundred writers on two servers, of which every other one deletes what it made, never have more than the quota allows, and
// the quota is charged for exactly what there is.
func TestNeverOneOver(t *testing.T) {
	backend := memory.New(memory.Options{})
	servers := []*server{newServer(t, backend), newServer(t, backend)}
	const most, writers = 50, 200
	servers[0].limit(t, "q", fmt.Sprintf("count/configmaps=%d", most), "", "{}")
	var stored, refused atomic.Int64
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			s := servers[i%2]
			for j := range 3 {
				err := s.create(t.Context(), "configmaps", configMap(fmt.Sprintf("c%d-%d", i/2, j)))
				switch {
				case err == nil:
					if n := stored.Add(1); n > most {
						t.Errorf("%d objects under a quota of %d", n, most)
					}
				case strings.Contains(err.Error(), "exceeded quota: q, requested: count/configmaps=1, used: count/configmaps="):
					refused.Add(1)
				case !strings.Contains(err.Error(), "already exists"):
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, err := backend.List(t.Context(), "/configmaps/ns/", storageAll)
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(len(list.Items)); n != stored.Load() || n > most || refused.Load() == 0 {
		t.Errorf("%d objects, %d stored, %d refused", n, stored.Load(), refused.Load())
	}
	if got := servers[1].used(t, "q"); got != fmt.Sprintf("count/configmaps=%d", len(list.Items)) {
		t.Errorf("%d objects, used %s", len(list.Items), got)
	}
}

// A quota that is replaced while it is charged is looked at again.
func TestReplaced(t *testing.T) {
	s := newServer(t, memory.New(memory.Options{}))
	s.limit(t, "q", "configmaps=1", "", "{}")
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "q", UID: "another"}, Status: corev1.ResourceQuotaStatus{Hard: amounts("configmaps=1")}}
	if _, err := s.plugin.Charger.take(t.Context(), q, amounts("configmaps=1"), false); err != errReplaced {
		t.Error(err)
	}
	q.Name = "none"
	if _, err := s.plugin.Charger.take(t.Context(), q, amounts("configmaps=1"), false); err != errReplaced {
		t.Error(err)
	}
	if got := s.used(t, "q"); got != "configmaps=0" {
		t.Error(got)
	}
}

// A window sees every charge that was not settled when it was opened, or came later; none that was settled before.
func TestWindow(t *testing.T) {
	now := time.Unix(1000, 0)
	s := newServer(t, memory.New(memory.Options{}))
	s.limit(t, "q", "configmaps=9", "", "{}")
	c := NewCharger(s.Own(), func() time.Time { return now })
	q, _ := s.plugin.Live.Get(t.Context(), quotas, "ns", "q")
	take := func() *taken {
		t.Helper()
		x, err := c.take(t.Context(), q.(*corev1.ResourceQuota), amounts("configmaps=1,other=1"), false)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	check := func(what string, w *Window, want string) {
		t.Helper()
		charged, own := w.Close()
		if got := quota.Format(charged, []string{"configmaps"}); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
		live, _ := s.plugin.Live.Get(t.Context(), quotas, "ns", "q")
		if !own(live.GetResourceVersion()) || own("1") {
			t.Errorf("%s: a revision is not known as its own", what)
		}
	}
	first := take()
	w := c.Watch("ns", "q")
	first.keep()
	second := take()
	second.giveBack()
	check("one before and one after", w, "configmaps=2")
	third := take()
	check("one that is under way", c.Watch("ns", "q"), "configmaps=1")
	now = now.Add(Hold + time.Second)
	check("one that nobody knows of any more", c.Watch("ns", "q"), "configmaps=0")
	third.keep()
	if got := s.used(t, "q"); got != "configmaps=2" {
		t.Error(got)
	}
	now = now.Add(3 * Hold)
	c.mu.Lock()
	c.sweep()
	if len(c.accounts) != 0 {
		t.Errorf("%d accounts are left", len(c.accounts))
	}
	c.mu.Unlock()
}

func BenchmarkPodUnderQuota(b *testing.B) {
	s := newServer(b, memory.New(memory.Options{}))
	s.limit(b, "q", "pods=1G,requests.cpu=1G,limits.memory=1P", "", "{}")
	a := admissiontest.Request("CREATE", admissiontest.Pods(""), podOf("p", asking), nil)
	b.ReportAllocs()
	for b.Loop() {
		a.Attempt = &resource.Attempt{}
		if err := s.plugin.Validate(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		a.Attempt.Settle(true)
	}
}

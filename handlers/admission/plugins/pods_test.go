package plugins

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	schedulingv1 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// pod is one of a spec in YAML, in namespace ns.
func pod(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	p := podIn("ns")
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatal(err)
	}
	return p
}

func number[T any](n T) *T { return &n }

// shown is an object part as one line of JSON.
func shown(t *testing.T, part any) string {
	t.Helper()
	b, err := yaml.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	j, err := yaml.YAMLToJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(j)
}

func TestLimitPodHardAntiAffinityTopology(t *testing.T) {
	p := newAntiAffinity(nil)
	const term = "affinity: {podAntiAffinity: {%sDuringSchedulingIgnoredDuringExecution: [%s]}}"
	for _, c := range []struct{ name, spec, want string }{
		{"none", "{}", ""},
		{"of the node", fmt.Sprintf(term, "required", "{topologyKey: kubernetes.io/hostname}"), ""},
		{"of the zone", fmt.Sprintf(term, "required", "{topologyKey: kubernetes.io/hostname}, {topologyKey: zone}"), `pods "x" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed`},
		{"preferred", fmt.Sprintf(term, "preferred", "{weight: 1, podAffinityTerm: {topologyKey: zone}}"), ""},
	} {
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, pod(t, c.spec), nil)), c.want)
		admissiontest.Check(t, c.name+" in a status", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("status"), pod(t, c.spec), pod(t, c.spec))), "")
	}
}

func TestAlwaysPullImages(t *testing.T) {
	p := newAlwaysPullImages(nil)
	all := "{initContainers: [{image: a, imagePullPolicy: Never}], containers: [{image: b}], ephemeralContainers: [{image: c}], volumes: [{name: v, image: {pullPolicy: Never}}, {name: w}]}"
	for _, c := range []struct {
		name    string
		a       *admission.Attributes
		changed bool
	}{
		{"a new pod", admissiontest.Request(admission.Create, podsResource, pod(t, all), nil), true},
		{"no new image", admissiontest.Request(admission.Update, podsResource, pod(t, all), pod(t, "containers: [{image: c}, {image: a}, {image: b}]")), false},
		{"a new image", admissiontest.Request(admission.Update, podsResource, pod(t, all), pod(t, "containers: [{image: a}, {image: b}]")), true},
		{"a subresource", admissiontest.Request(admission.Update, admissiontest.Pods("ephemeralcontainers"), pod(t, all), pod(t, "containers: [{image: a}]")), false},
	} {
		admissiontest.Check(t, c.name, admissiontest.Run(p, c.a), "")
		got := shown(t, c.a.Object.(*corev1.Pod).Spec)
		if count := strings.Count(got, `"Always"`); (count == 4) != c.changed || count != 0 && count != 4 {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	err := p.(admission.Validator).Validate(t.Context(), admissiontest.Request(admission.Create, podsResource, pod(t, all), nil))
	for _, path := range []string{"spec.initContainers[0].imagePullPolicy", "spec.containers[0]", "spec.ephemeralContainers[0]", "spec.volumes[0].image.pullPolicy"} {
		admissiontest.Check(t, "changed back", err, path)
	}
	admissiontest.Check(t, "changed back", err, `Unsupported value: "Never": supported values: "Always"`)
}

func TestDefaultTolerationSeconds(t *testing.T) {
	const both = `[{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":5},{"effect":"NoExecute","key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}]`
	p := newDefaultTolerationSeconds(&Deps{Settings: admission.Settings{NotReadyTolerationSeconds: number(int64(5))}})
	for _, c := range []struct{ name, spec, want string }{
		{"none", "{}", both},
		{"all", "tolerations: [{operator: Exists}]", `[{"operator":"Exists"}]`},
		{"another effect", "tolerations: [{operator: Exists, effect: NoSchedule}]", `[{"effect":"NoSchedule","operator":"Exists"},` + both[1:]},
		{"one of them", "tolerations: [{key: node.kubernetes.io/unreachable, value: a}]", `[{"key":"node.kubernetes.io/unreachable","value":"a"},{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":5}]`},
	} {
		o := pod(t, c.spec)
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil)), "")
		if got := shown(t, o.Spec.Tolerations); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	o := pod(t, "{}")
	admissiontest.Check(t, "status", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("status"), o, o)), "")
	if o.Spec.Tolerations != nil {
		t.Error("a status got tolerations")
	}
}

func TestMergeTolerations(t *testing.T) {
	for _, c := range []struct{ name, first, second, want string }{
		{"none", "[]", "[]", "null"},
		{"equal ones", "[{key: a, operator: Exists}]", "[{key: a, operator: Exists}]", `[{"key":"a","operator":"Exists"}]`},
		{"a wider one comes", "[{key: a, operator: Equal, value: x, effect: NoSchedule}]", "[{key: a, operator: Exists}]", `[{"key":"a","operator":"Exists"}]`},
		{"a wider one is there", "[{operator: Exists}]", "[{key: a, operator: Exists, effect: NoExecute}]", `[{"operator":"Exists"}]`},
		{"longer covers shorter", "[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]", "[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 9}]", `[{"effect":"NoExecute","key":"a","operator":"Exists","tolerationSeconds":9}]`},
		{"shorter does not cover ever", "[{key: a, operator: Exists, effect: NoExecute}]", "[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 9}]", `[{"effect":"NoExecute","key":"a","operator":"Exists"}]`},
		{"other values", "[{key: a, operator: Equal, value: x}]", "[{key: a, operator: Equal, value: z}]", `[{"key":"a","operator":"Equal","value":"x"},{"key":"a","operator":"Equal","value":"z"}]`},
		{"an operator that nobody knows", "[{key: a, operator: Gt, value: '1'}]", "[{key: a, operator: Gt, value: '2'}]", `[{"key":"a","operator":"Gt","value":"1"},{"key":"a","operator":"Gt","value":"2"}]`},
	} {
		first, second := pod(t, "tolerations: "+c.first).Spec.Tolerations, pod(t, "tolerations: "+c.second).Spec.Tolerations
		if got := shown(t, mergeTolerations(first, second)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestExtendedResourceToleration(t *testing.T) {
	p := newExtendedResourceToleration(nil)
	for _, c := range []struct{ name, spec, want string }{
		{"none", "containers: [{resources: {requests: {cpu: 1, kubernetes.io/x: 1, requests.example.com/x: 1}}}]", "null"},
		{"two, sorted", "{containers: [{resources: {requests: {z.com/gpu: 1}}}], initContainers: [{resources: {requests: {a.com/gpu: 1, z.com/gpu: 1}}}]}",
			`[{"effect":"NoSchedule","key":"a.com/gpu","operator":"Exists"},{"effect":"NoSchedule","key":"z.com/gpu","operator":"Exists"}]`},
		{"one that is there", "{containers: [{resources: {requests: {z.com/gpu: 1}}}], tolerations: [{key: z.com/gpu, operator: Exists, effect: NoSchedule}]}",
			`[{"effect":"NoSchedule","key":"z.com/gpu","operator":"Exists"}]`},
	} {
		o := pod(t, c.spec)
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil)), "")
		if got := shown(t, o.Spec.Tolerations); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// priorityWorld has classes: high, low, and two that are marked as default.
func priorityWorld(defaults bool) admissiontest.World {
	w := admissiontest.World{"priorityclasses//broken": nil}
	add := func(name string, value int32, policy string, def bool) {
		c := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Value: value, GlobalDefault: def}
		if policy != "" {
			c.PreemptionPolicy = &policy
		}
		w.Add("priorityclasses", c)
	}
	delete(w, "priorityclasses//broken")
	add("high", 1000, "Never", false)
	add("plain", 10, "", false)
	if defaults {
		add("usual", 5, "PreemptLowerPriority", true)
		add("unusual", 7, "Never", true)
	}
	return w
}

func TestPriority(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		defaults   bool
		shown      string
		want       string
	}{
		{"no class and no default", "{}", false, `0 PreemptLowerPriority`, ""},
		{"the lowest default", "{}", true, "usual 5 PreemptLowerPriority", ""},
		{"a class", "priorityClassName: high", true, "high 1000 Never", ""},
		{"a class without a policy", "priorityClassName: plain", true, "plain 10 -", ""},
		{"a class that is not there", "priorityClassName: none", true, "", `pods "x" is forbidden: no PriorityClass with name none was found`},
		{"the right number", "{priorityClassName: high, priority: 1000, preemptionPolicy: Never}", true, "high 1000 Never", ""},
		{"another number", "{priorityClassName: high, priority: 7}", true, "", "the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name"},
		{"another policy", "{priorityClassName: high, preemptionPolicy: PreemptLowerPriority}", true, "", "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name"},
	} {
		o := pod(t, c.spec)
		p := newPriority(&Deps{Cached: priorityWorld(c.defaults), Enabled: func(string) bool { return true }})
		err := admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil))
		admissiontest.Check(t, c.name, err, c.want)
		if err != nil {
			continue
		}
		policy := "-"
		if o.Spec.PreemptionPolicy != nil {
			policy = *o.Spec.PreemptionPolicy
		}
		if got := strings.TrimSpace(fmt.Sprintf("%s %d %s", o.Spec.PriorityClassName, *o.Spec.Priority, policy)); got != c.shown {
			t.Errorf("%s: %q, want %q", c.name, got, c.shown)
		}
	}
	p := newPriority(&Deps{Cached: priorityWorld(true), Enabled: func(string) bool { return true }})
	o, old := pod(t, "{}"), pod(t, "{priority: 5, preemptionPolicy: Never}")
	admissiontest.Check(t, "update", admissiontest.Run(p, admissiontest.Request(admission.Update, podsResource, o, old)), "")
	if !object.Equal(&o.Spec, &old.Spec) {
		t.Errorf("an update loses %v", o.Spec)
	}
	broken := newPriority(&Deps{Cached: admissiontest.World{"priorityclasses//b": nil}})
	admissiontest.Check(t, "the store is away", admissiontest.Run(broken, admissiontest.Request(admission.Create, podsResource, pod(t, "{}"), nil)), "error occurred while retrieving default priority class: the store is away")
	admissiontest.Check(t, "the store is away", admissiontest.Run(broken, admissiontest.Request(admission.Create, podsResource, pod(t, "priorityClassName: b"), nil)), "failed to resolve PriorityClass with name b: the store is away")
}

func TestPriorityOfGroups(t *testing.T) {
	for _, c := range []struct {
		name string
		spec schedulingv1alpha2.PodGroupSpec
		gate bool
		got  string
		want string
	}{
		{"a class", schedulingv1alpha2.PodGroupSpec{PriorityClassName: "high"}, true, "high 1000", ""},
		{"the default", schedulingv1alpha2.PodGroupSpec{}, true, "usual 5", ""},
		{"another number", schedulingv1alpha2.PodGroupSpec{Priority: number(int32(3))}, true, "", "priority set in the pod group (3) must match the priority computed (5) based on the priority class set in the spec"},
		{"the gate is off", schedulingv1alpha2.PodGroupSpec{PriorityClassName: "none"}, false, "none -", ""},
	} {
		group := &schedulingv1alpha2.PodGroup{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "g"}, Spec: c.spec}
		p := newPriority(&Deps{Cached: priorityWorld(true), Enabled: func(string) bool { return c.gate }})
		err := admissiontest.Run(p, admissiontest.Request(admission.Create, podGroups, group, nil))
		admissiontest.Check(t, c.name, err, c.want)
		value := "-"
		if group.Spec.Priority != nil {
			value = fmt.Sprint(*group.Spec.Priority)
		}
		if got := group.Spec.PriorityClassName + " " + value; err == nil && got != c.got {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestPriorityDefaultClass(t *testing.T) {
	class := func(name string, def bool) *schedulingv1.PriorityClass {
		return &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: name}, GlobalDefault: def}
	}
	for _, c := range []struct {
		name     string
		defaults bool
		a        *admission.Attributes
		want     string
	}{
		{"the first default", false, admissiontest.Request(admission.Create, priorityClasses, class("new", true), nil), ""},
		{"a second default", true, admissiontest.Request(admission.Create, priorityClasses, class("new", true), nil), `priorityclasses.scheduling.k8s.io "new" is forbidden: PriorityClass usual is already marked as default. Only one default can exist`},
		{"no default", true, admissiontest.Request(admission.Create, priorityClasses, class("new", false), nil), ""},
		{"the default itself", true, admissiontest.Request(admission.Update, priorityClasses, class("usual", true), class("usual", true)), ""},
		{"one becomes a second", true, admissiontest.Request(admission.Update, priorityClasses, class("high", true), class("high", false)), "PriorityClass usual is already marked as default"},
		{"the end of one", true, admissiontest.Request(admission.Delete, priorityClasses, nil, class("usual", true)), ""},
	} {
		p := newPriority(&Deps{Cached: priorityWorld(c.defaults)})
		admissiontest.Check(t, c.name, admissiontest.Run(p, c.a), c.want)
	}
}

func TestRuntimeClass(t *testing.T) {
	w := admissiontest.World{"runtimeclasses//broken": nil}
	add := func(name, overhead string, s *nodev1.Scheduling) *nodev1.RuntimeClass {
		c := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Scheduling: s}
		if overhead != "" {
			c.Overhead = &nodev1.Overhead{PodFixed: map[string]resource.Quantity{"cpu": resource.MustParse(overhead)}}
		}
		w.Add("runtimeclasses", c)
		return c
	}
	kata := add("kata", "100m", &nodev1.Scheduling{NodeSelector: map[string]string{"runtime": "kata"}, Tolerations: []corev1.Toleration{{Key: "kata", Operator: "Exists"}}})
	add("plain", "", nil)
	before := shown(t, kata)
	p := newRuntimeClass(&Deps{Cached: admissiontest.World{"runtimeclasses//broken": nil}, Live: w})
	for _, c := range []struct{ name, spec, shown, want string }{
		{"none", "{}", "{}", ""},
		{"an overhead without a class", "overhead: {cpu: 1}", "", "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"},
		{"an overhead of a class without", "{runtimeClassName: plain, overhead: {cpu: 1}}", "", "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"},
		{"one that is not there", "runtimeClassName: none", "", `pods "x" is forbidden: pod rejected: RuntimeClass "none" not found`},
		{"one that cannot be read", "runtimeClassName: broken", "", "the store is away"},
		{"overhead and scheduling", "{runtimeClassName: kata, nodeSelector: {a: b}, tolerations: [{key: kata, operator: Equal, value: x}]}",
			`{"nodeSelector":{"a":"b","runtime":"kata"},"overhead":{"cpu":"100m"},"runtimeClassName":"kata","tolerations":[{"key":"kata","operator":"Exists"}]}`, ""},
		{"nothing of its own", "runtimeClassName: kata", `{"nodeSelector":{"runtime":"kata"},"overhead":{"cpu":"100m"},"runtimeClassName":"kata","tolerations":[{"key":"kata","operator":"Exists"}]}`, ""},
		{"the same overhead in other words", "{runtimeClassName: kata, overhead: {cpu: '0.1'}}", `{"nodeSelector":{"runtime":"kata"},"overhead":{"cpu":"100m"},"runtimeClassName":"kata","tolerations":[{"key":"kata","operator":"Exists"}]}`, ""},
		{"another overhead", "{runtimeClassName: kata, overhead: {cpu: 1}}", "", "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"},
		{"another place", "{runtimeClassName: kata, nodeSelector: {runtime: runc}}", "", "conflict: runtimeClass.scheduling.nodeSelector[runtime] = kata; pod.spec.nodeSelector[runtime] = runc"},
	} {
		o := pod(t, c.spec)
		err := admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil))
		admissiontest.Check(t, c.name, err, c.want)
		got := strings.Replace(shown(t, o.Spec), `"containers":null,`, "", 1)
		if got == `{"containers":null}` {
			got = "{}"
		}
		if err == nil && got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if after := shown(t, kata); after != before {
		t.Errorf("the class that was looked up is changed: %s", after)
	}
}

func TestPodNodeSelector(t *testing.T) {
	w := admissiontest.World{"namespaces//broken": nil}
	w.Add("namespaces", namespace("ns", map[string]string{nodeSelectorAnnotation: "env=prod,disk=ssd"}))
	w.Add("namespaces", namespace("free", nil))
	w.Add("namespaces", namespace("odd", map[string]string{nodeSelectorAnnotation: "a in (b)"}))
	made, err := newPodNodeSelector(&Deps{Cached: w, Live: w}, admission.Configured{Content: []byte("podNodeSelectorPluginConfig:\n  clusterDefaultNodeSelector: env=dev\n  ns: env=prod,disk=ssd,zone=a\n")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, namespace, spec, shown, want string }{
		{"that of the namespace", "ns", "{}", `{"disk":"ssd","env":"prod"}`, ""},
		{"and its own", "ns", "nodeSelector: {zone: a}", `{"disk":"ssd","env":"prod","zone":"a"}`, ""},
		{"a conflict", "ns", "nodeSelector: {env: dev}", "", `pods "x" is forbidden: pod node label selector conflicts with its namespace node label selector`},
		{"more than it may", "ns", "nodeSelector: {zone: b}", "", "pod node label selector labels conflict with its namespace whitelist"},
		{"the default", "free", "nodeSelector: {any: thing}", `{"any":"thing","env":"dev"}`, ""},
		{"an annotation that cannot be read", "odd", "{}", "", "invalid selector"},
		{"no namespace", "none", "{}", "", "Internal error occurred: namespace none does not exist"},
		{"the store is away", "broken", "{}", "", "the store is away"},
	} {
		o := pod(t, c.spec)
		o.Namespace = c.namespace
		err := admissiontest.Run(made, admissiontest.Request(admission.Create, podsResource, o, nil))
		admissiontest.Check(t, c.name, err, c.want)
		if got := shown(t, o.Spec.NodeSelector); err == nil && got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if _, err := newPodNodeSelector(&Deps{}, admission.Configured{Content: []byte("podNodeSelectorPluginConfig: 7")}); err == nil {
		t.Error("a number is taken for selectors")
	}
}

func TestPodTolerationRestriction(t *testing.T) {
	w := admissiontest.World{"namespaces//broken": nil}
	w.Add("namespaces", namespace("free", nil))
	w.Add("namespaces", namespace("ns", map[string]string{defaultTolerations: `[{"key":"a","operator":"Exists"}]`, tolerationsWhitelist: `[{"key":"a","operator":"Exists"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists"}]`}))
	w.Add("namespaces", namespace("bare", map[string]string{defaultTolerations: ""}))
	w.Add("namespaces", namespace("odd", map[string]string{defaultTolerations: "x"}))
	config := "apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1\nkind: Configuration\ndefault: [{key: d, operator: Exists}]\nwhitelist: [{key: d, operator: Exists}]\n"
	made, err := newPodTolerationRestriction(&Deps{Cached: w, Live: w}, admission.Configured{Content: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, namespace, spec, shown, want string }{
		{"those of the namespace", "ns", "{}", `[{"key":"a","operator":"Exists"}]`, ""},
		{"memory, when it asks for some", "ns", "containers: [{resources: {requests: {memory: 1}}}]", `[{"key":"a","operator":"Exists"},{"effect":"NoSchedule","key":"node.kubernetes.io/memory-pressure","operator":"Exists"}]`, ""},
		{"one that is not allowed", "ns", "tolerations: [{key: b, operator: Exists}]", "", "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist"},
		{"those of the cluster", "free", "{}", `[{"key":"d","operator":"Exists"}]`, ""},
		{"one that the cluster does not allow", "free", "tolerations: [{key: b, operator: Exists}]", "", "conflict with its cluster whitelist"},
		{"no defaults at all", "bare", "{}", "null", ""},
		{"an annotation that cannot be read", "odd", "{}", "", "invalid character"},
		{"no namespace", "none", "{}", "", `namespaces "none" not found`},
		{"the store is away", "broken", "{}", "", "the store is away"},
	} {
		o := pod(t, c.spec)
		o.Namespace = c.namespace
		err := admissiontest.Run(made, admissiontest.Request(admission.Create, podsResource, o, nil))
		admissiontest.Check(t, c.name, err, c.want)
		if got := shown(t, o.Spec.Tolerations); err == nil && got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	for _, text := range []string{"apiVersion: v1\nkind: Configuration\n", "apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1\nkind: Configuration\nnosuch: 1\n"} {
		if _, err := newPodTolerationRestriction(&Deps{}, admission.Configured{Content: []byte(text)}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if made, err := newPodTolerationRestriction(&Deps{Cached: w}, admission.Configured{}); made == nil || err != nil {
		t.Error("it needs a configuration", err)
	}
}

func TestBestEffort(t *testing.T) {
	for _, c := range []struct {
		spec string
		want bool
	}{
		{"{}", true},
		{"containers: [{resources: {requests: {cpu: 0, example.com/x: 1}}}]", true},
		{"containers: [{}, {resources: {limits: {cpu: 1m}}}]", false},
		{"initContainers: [{resources: {requests: {memory: 1}}}]", false},
		{"{resources: {requests: {memory: 1}}, containers: [{}]}", false},
	} {
		if got := bestEffort(&pod(t, c.spec).Spec); got != c.want {
			t.Errorf("%s: %t", c.spec, got)
		}
	}
}

func TestPodTopologyLabels(t *testing.T) {
	w := admissiontest.World{"nodes//broken": nil}
	w.Add("nodes", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "other": "x"}}})
	w.Add("nodes", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "bare"}})
	binding := func(kind, node string, labels map[string]string) *corev1.Binding {
		return &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "x", Labels: labels}, Target: corev1.ObjectReference{Kind: kind, Name: node}}
	}
	labelled := pod(t, "nodeName: n1")
	labelled.Labels = map[string]string{"topology.kubernetes.io/zone": "mine", "app": "a"}
	const both = `{"topology.kubernetes.io/region":"r","topology.kubernetes.io/zone":"z"}`
	for _, c := range []struct {
		name  string
		a     *admission.Attributes
		gate  bool
		shown string
		want  string
	}{
		{"a binding", admissiontest.Request(admission.Create, admissiontest.Pods("binding"), binding("Node", "n1", nil), nil), true, both, ""},
		{"a binding to something else", admissiontest.Request(admission.Create, admissiontest.Pods("binding"), binding("Other", "n1", nil), nil), true, "null", ""},
		{"a binding to a node that is not there", admissiontest.Request(admission.Create, admissiontest.Pods("binding"), binding("Node", "none", nil), nil), true, "null", ""},
		{"a node without", admissiontest.Request(admission.Create, admissiontest.Pods("binding"), binding("Node", "bare", nil), nil), true, "null", ""},
		{"a pod that is made there", admissiontest.Request(admission.Create, podsResource, labelled, nil), true, `{"app":"a","topology.kubernetes.io/region":"r","topology.kubernetes.io/zone":"z"}`, ""},
		{"a pod that is nowhere", admissiontest.Request(admission.Create, podsResource, pod(t, "{}"), nil), true, "null", ""},
		{"the gate is off", admissiontest.Request(admission.Create, podsResource, pod(t, "nodeName: n1"), nil), false, "null", ""},
		{"the store is away", admissiontest.Request(admission.Create, podsResource, pod(t, "nodeName: broken"), nil), true, "", "the store is away"},
	} {
		p := newPodTopologyLabels(&Deps{Cached: w, Enabled: func(gate string) bool { return c.gate && gate == "PodTopologyLabelsAdmission" }})
		err := admissiontest.Run(p, c.a)
		admissiontest.Check(t, c.name, err, c.want)
		if got := shown(t, c.a.Object.GetLabels()); err == nil && got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestPodResizeValidator(t *testing.T) {
	w := admissiontest.World{"nodes//broken": nil}
	node := func(name, os string) {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Allocatable: map[string]resource.Quantity{"cpu": resource.MustParse("2"), "memory": resource.MustParse("1Gi")}}}
		if os != "" {
			n.Labels = map[string]string{"kubernetes.io/os": os}
		}
		w.Add("nodes", n)
	}
	node("n1", "linux")
	node("unknown", "")
	node("win", "windows")
	small, large := "{nodeName: %s, containers: [{resources: {requests: {cpu: 1}}}]}", "{nodeName: %s, overhead: {cpu: 500m}, containers: [{resources: {requests: {cpu: 1, memory: 512Mi}}}, {resources: {requests: {cpu: 600m, memory: 513Mi}}}]}"
	for _, c := range []struct {
		name, spec string
		generation int64
		want       string
	}{
		{"it fits", fmt.Sprintf(small, "n1"), 2, ""},
		{"no system is told", fmt.Sprintf(small, "unknown"), 2, ""},
		{"another system", fmt.Sprintf(small, "win"), 2, `pod resize is only supported on linux nodes, node "win" is "windows"`},
		{"too large", fmt.Sprintf(large, "n1"), 2, "node didn't have enough allocatable resources: cpu, requested: 2100, allocatable: 2000; memory, requested: 1074790400, allocatable: 1073741824"},
		{"too large, and nothing changes", fmt.Sprintf(large, "n1"), 1, ""},
		{"no node yet", "{}", 2, ""},
		{"a node that is not there", fmt.Sprintf(small, "none"), 2, `pods "x" is forbidden: node "none" not found`},
		{"the store is away", fmt.Sprintf(small, "broken"), 2, `failed to get node "broken": the store is away`},
		{"a sum of the pod's own", "{nodeName: n1, resources: {requests: {cpu: 3}}, containers: [{resources: {requests: {cpu: 1}}}]}", 2, "cpu, requested: 3000, allocatable: 2000"},
	} {
		o, old := pod(t, c.spec), pod(t, "nodeName: n1")
		o.Generation, old.Generation = c.generation, 1
		p := newPodResizeValidator(&Deps{Cached: w, Enabled: func(string) bool { return true }})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("resize"), o, old)), c.want)
		admissiontest.Check(t, c.name+", not by resize", admissiontest.Run(p, admissiontest.Request(admission.Update, podsResource, o, old)), "")
		off := newPodResizeValidator(&Deps{Cached: w, Enabled: func(string) bool { return false }})
		admissiontest.Check(t, c.name+", gate off", admissiontest.Run(off, admissiontest.Request(admission.Update, admissiontest.Pods("resize"), o, old)), "")
	}
}

func TestAtOnce(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"none", "{}", "{}"},
		{"together", "containers: [{resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 2, memory: 3}}}]", `{"cpu":"3","memory":"3"}`},
		{"one before", "{containers: [{resources: {requests: {cpu: 1}}}], initContainers: [{resources: {requests: {cpu: 4}}}, {resources: {requests: {cpu: 2}}}]}", `{"cpu":"4"}`},
		{"a sidecar beside one before", "{containers: [{resources: {requests: {cpu: 1}}}], initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 4}}}]}", `{"cpu":"5"}`},
		{"a sidecar after one before", "{containers: [{resources: {requests: {cpu: 1}}}], initContainers: [{resources: {requests: {cpu: 4}}}, {restartPolicy: Always, resources: {requests: {cpu: 1}}}]}", `{"cpu":"4"}`},
		{"a sidecar alone", "{containers: [{resources: {requests: {cpu: 1}}}], initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}]}", `{"cpu":"2"}`},
	} {
		got := atOnce(&pod(t, c.spec).Spec, func(c *corev1.Container) map[string]resource.Quantity { return c.Resources.Requests })
		if shown := shown(t, got); shown != c.want {
			t.Errorf("%s: %s", c.name, shown)
		}
	}
}

func TestNodeDeclaredFeatureValidator(t *testing.T) {
	w := admissiontest.World{"nodes//broken": nil}
	w.Add("nodes", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "old"}})
	w.Add("nodes", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "new"}, Status: corev1.NodeStatus{DeclaredFeatures: []string{"InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"}}})
	const before, after = "{nodeName: %s, initContainers: [{name: a}]}", "{nodeName: %s, resources: {requests: {cpu: 1}}, initContainers: [{name: a, resources: {requests: {cpu: 1}}}]}"
	for _, c := range []struct{ name, before, after, node, want string }{
		{"nothing is needed", before, before, "old", ""},
		{"the node can", before, after, "new", ""},
		{"the node cannot", before, after, "old", `pods "x" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling, InPlacePodVerticalScalingInitContainers which are not available on node "old"`},
		{"a sidecar", "{nodeName: %s, initContainers: [{restartPolicy: Always}]}", "{nodeName: %s, initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}]}", "old", ""},
		{"no node", before, after, "none", `node "none" not found`},
		{"the store is away", before, after, "broken", "the store is away"},
	} {
		p := newNodeDeclaredFeatures(&Deps{Cached: w, Enabled: func(string) bool { return true }})
		o, old := pod(t, fmt.Sprintf(c.after, c.node)), pod(t, fmt.Sprintf(c.before, c.node))
		o.Generation = 2
		for _, sub := range []string{"", "resize"} {
			admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods(sub), o, old)), c.want)
		}
		admissiontest.Check(t, c.name+" in a status", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("status"), o, old)), "")
		o.Generation = old.Generation
		admissiontest.Check(t, c.name+", unchanged", admissiontest.Run(p, admissiontest.Request(admission.Update, podsResource, o, old)), "")
	}
}

func TestDenyExec(t *testing.T) {
	w := admissiontest.World{"pods/ns/broken": nil}
	for name, spec := range map[string]string{
		"plain": "containers: [{securityContext: {privileged: false}}]", "pid": "hostPID: true", "ipc": "hostIPC: true",
		"init": "initContainers: [{securityContext: {privileged: true}}]", "main": "containers: [{}, {securityContext: {privileged: true}}]", "debug": "ephemeralContainers: [{securityContext: {privileged: true}}]",
	} {
		o := pod(t, spec)
		o.Name = name
		w.Add("pods", o)
	}
	for _, c := range []struct{ name, escalating, privileged string }{
		{"plain", "", ""},
		{"pid", `pods "pid" is forbidden: cannot exec into or attach to a container using host pid`, ""},
		{"ipc", "cannot exec into or attach to a container using host ipc", ""},
		{"init", "cannot exec into or attach to a privileged container", "cannot exec into or attach to a privileged container"},
		{"main", "privileged container", "privileged container"},
		{"debug", "privileged container", "privileged container"},
		{"none", `pods "none" not found`, `pods "none" not found`},
		{"broken", "the store is away", "the store is away"},
	} {
		for _, sub := range []string{"exec", "attach"} {
			a := admissiontest.Request(admission.Connect, admissiontest.Pods(sub), nil, nil)
			a.Name = c.name
			admissiontest.Check(t, c.name, admissiontest.Run(newDenyEscalatingExec(&Deps{Live: w}), a), c.escalating)
			admissiontest.Check(t, c.name, admissiontest.Run(newDenyExecOnPrivileged(&Deps{Live: w}), a), c.privileged)
		}
		a := admissiontest.Request(admission.Connect, admissiontest.Pods("portforward"), nil, nil)
		a.Name = c.name
		admissiontest.Check(t, c.name, admissiontest.Run(newDenyEscalatingExec(&Deps{Live: w}), a), "")
	}
}

func TestSecurityContextDeny(t *testing.T) {
	p := newSecurityContextDeny(nil)
	for _, c := range []struct{ spec, want string }{
		{"{}", ""},
		{"{securityContext: {runAsNonRoot: true}, containers: [{securityContext: {privileged: true}}]}", ""},
		{"securityContext: {supplementalGroups: [1]}", `pods "x" is forbidden: pod.Spec.SecurityContext.SupplementalGroups is forbidden`},
		{"securityContext: {seLinuxOptions: {}}", "pod.Spec.SecurityContext.SELinuxOptions is forbidden"},
		{"securityContext: {runAsUser: 0}", "pod.Spec.SecurityContext.RunAsUser is forbidden"},
		{"securityContext: {fsGroup: 0}", "pod.Spec.SecurityContext.FSGroup is forbidden"},
		{"initContainers: [{securityContext: {seLinuxOptions: {}}}]", "SecurityContext.SELinuxOptions is forbidden"},
		{"containers: [{}, {securityContext: {runAsUser: 1}}]", "SecurityContext.RunAsUser is forbidden"},
		{"ephemeralContainers: [{securityContext: {runAsUser: 1}}]", "SecurityContext.RunAsUser is forbidden"},
	} {
		admissiontest.Check(t, c.spec, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, pod(t, c.spec), nil)), c.want)
	}
}

// No plugin panics at an object of another type than its resource has.
func TestPluginsMeetOtherTypes(t *testing.T) {
	all, set := deps(admissiontest.World{}), configured(t)
	for name, maker := range makers() {
		if slices.Contains([]string{"PodNodeSelector", "PodTolerationRestriction"}, name) { // which upstream has pass over it
			continue
		}
		p, err := maker(all, set[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range []string{"", "resize", "binding"} {
			a := admissiontest.Request(admission.Update, admissiontest.Pods(sub), namespace("x", nil), namespace("x", nil))
			_ = admissiontest.Run(p, a) // must not panic
		}
	}
}

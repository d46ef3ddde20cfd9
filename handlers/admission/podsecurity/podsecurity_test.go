package podsecurity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	published "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// counts is a Recorder.
type counts map[string]int

func (c counts) Evaluated(decision, level, version, mode, operation, resource, subresource string) {
	c[strings.Join([]string{"evaluated", decision, level, version, mode, operation, resource, subresource}, " ")]++
}

func (c counts) Exempted(operation, resource, subresource string) {
	c[strings.Join([]string{"exempted", operation, resource, subresource}, " ")]++
}

func (c counts) Failed(fatal bool, operation, resource, subresource string) {
	c[fmt.Sprint("failed ", fatal, " ", operation, " ", resource, " ", subresource)]++
}

func plugin(t testing.TB, config string, w admissiontest.World) (*Plugin, counts) {
	t.Helper()
	c := counts{}
	p, err := New([]byte(config), Deps{Cached: w, Live: w, Recorder: c, Now: time.Now, Pods: func(ctx context.Context, namespace string, yield func(object.Object) bool) error {
		list, err := w.List(ctx, schema.GroupVersionResource{Version: "v1", Resource: "pods"}, namespace)
		for _, o := range list {
			if !yield(o) {
				break
			}
		}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func labelled(name string, labels ...string) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		ns.Labels["pod-security.kubernetes.io/"+key] = value
	}
	return ns
}

func pod(spec string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		panic(err)
	}
	return p
}

const (
	plain      = `{containers: [{name: a, image: i}]}`
	privileged = `{containers: [{name: a, image: i, securityContext: {privileged: true}}]}`
	restricted = `{securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}`
	other      = `{containers: [{name: a, image: j, securityContext: {privileged: true}}]}`

	refusedBaseline = `pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)`
	againstPlain    = `allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), ` +
		`unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), ` +
		`seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
)

const exempting = `
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline}
exemptions: {usernames: [root], namespaces: [free], runtimeClasses: [kata]}
`

func TestPods(t *testing.T) {
	for _, c := range []struct {
		name, config string
		labels       []string
		op           admission.Operation
		sub          string
		new, old     string
		user         string
		namespace    string
		fault        string
		warnings     []string
		annotations  map[string]string
		counted      []string
	}{
		{name: "no labels", new: privileged, annotations: map[string]string{"enforce-policy": "privileged:latest"}, counted: []string{"evaluated allow privileged latest enforce create pod "}},
		{name: "refused", labels: []string{"enforce=baseline"}, new: privileged, fault: refusedBaseline, annotations: map[string]string{"enforce-policy": "baseline:latest"},
			counted: []string{"evaluated deny baseline latest enforce create pod "}},
		{name: "allowed", labels: []string{"enforce=restricted"}, new: restricted, annotations: map[string]string{"enforce-policy": "restricted:latest"}, counted: []string{"evaluated allow restricted latest enforce create pod "}},
		{name: "warned", labels: []string{"warn=restricted"}, new: plain, warnings: []string{`would violate PodSecurity "restricted:latest": ` + againstPlain},
			annotations: map[string]string{"enforce-policy": "privileged:latest"}, counted: []string{"evaluated allow privileged latest enforce create pod ", "evaluated deny restricted latest warn create pod "}},
		{name: "audited", labels: []string{"audit=baseline", "audit-version=v1.22"}, new: privileged,
			annotations: map[string]string{"enforce-policy": "privileged:latest", "audit-violations": `would violate PodSecurity "baseline:v1.22": privileged (container "a" must not set securityContext.privileged=true)`},
			counted:     []string{"evaluated allow privileged latest enforce create pod ", "evaluated deny baseline v1.22 audit create pod "}},
		{name: "refused, so not warned", labels: []string{"enforce=baseline", "warn=restricted", "audit=restricted", "audit-version=v1.99"}, new: privileged, fault: refusedBaseline,
			annotations: map[string]string{"enforce-policy": "baseline:latest", "audit-violations": `would violate PodSecurity "restricted:v1.99": privileged (container "a" must not set securityContext.privileged=true), ` + againstPlain},
			counted:     []string{"evaluated deny baseline latest enforce create pod ", "evaluated deny restricted future audit create pod "}},
		{name: "an old version knows less", labels: []string{"enforce=restricted", "enforce-version=v1.0"}, new: `{securityContext: {runAsNonRoot: true}, containers: [{name: a, image: i}]}`,
			annotations: map[string]string{"enforce-policy": "restricted:v1.0"}, counted: []string{"evaluated allow restricted v1.0 enforce create pod "}},
		{name: "labels that cannot be read", labels: []string{"enforce=high"}, new: plain, fault: `violates PodSecurity "restricted:latest"`,
			annotations: map[string]string{"enforce-policy": "restricted:latest", "error": `Failed to parse policy: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "high": must be one of privileged, baseline, restricted`},
			counted:     []string{"evaluated deny restricted latest enforce create pod ", "failed false create pod "}},
		{name: "an update that matters", labels: []string{"enforce=baseline"}, op: admission.Update, new: other, old: privileged, fault: refusedBaseline,
			annotations: map[string]string{"enforce-policy": "baseline:latest"}, counted: []string{"evaluated deny baseline latest enforce update pod "}},
		{name: "an update that does not", labels: []string{"enforce=baseline"}, op: admission.Update, new: privileged, old: privileged},
		{name: "a debug container", labels: []string{"enforce=baseline"}, op: admission.Update, sub: "ephemeralcontainers", old: plain,
			new: `{containers: [{name: a, image: i}], ephemeralContainers: [{name: d, image: i, securityContext: {privileged: true}}]}`, fault: `container "d" must not set`,
			annotations: map[string]string{"enforce-policy": "baseline:latest"}, counted: []string{"evaluated deny baseline latest enforce update pod ephemeralcontainers"}},
		{name: "a status", labels: []string{"enforce=baseline"}, op: admission.Update, sub: "status", new: privileged, old: plain},
		{name: "the defaults", config: exempting, new: privileged, fault: refusedBaseline, annotations: map[string]string{"enforce-policy": "baseline:latest"}, counted: []string{"evaluated deny baseline latest enforce create pod "}},
		{name: "an exempt user", config: exempting, user: "root", new: privileged, annotations: map[string]string{"exempt": "user"}, counted: []string{"exempted create pod "}},
		{name: "an exempt namespace", config: exempting, namespace: "free", new: privileged, annotations: map[string]string{"exempt": "namespace"}, counted: []string{"exempted create pod "}},
		{name: "an exempt runtime class", config: exempting, new: `{runtimeClassName: kata, hostPID: true, containers: [{name: a, image: i}]}`, annotations: map[string]string{"exempt": "runtimeClass"}, counted: []string{"exempted create pod "}},
		{name: "no namespace", namespace: "none", new: plain, fault: `failed to lookup namespace "none"`, annotations: map[string]string{"error": `Internal error occurred: failed to lookup namespace "none": namespaces "none" not found`},
			counted: []string{"failed true create pod "}},
	} {
		w := admissiontest.World{}
		w.Add("namespaces", labelled("ns", c.labels...))
		w.Add("namespaces", labelled("free"))
		p, counted := plugin(t, c.config, w)
		o, old := pod(c.new), object.Object(nil)
		if c.old != "" {
			old = pod(c.old)
		}
		if c.op == "" {
			c.op = admission.Create
		}
		a := admissiontest.Request(c.op, admissiontest.Pods(c.sub), o, old)
		if c.namespace != "" {
			a.Namespace = c.namespace
		}
		if c.user != "" {
			a.User.Name = c.user
		}
		admissiontest.Check(t, c.name, admissiontest.Run(p, a), c.fault)
		warnings, annotations := told(a)
		if !slices.Equal(warnings, c.warnings) {
			t.Errorf("%s: warnings\n %q, want\n %q", c.name, warnings, c.warnings)
		}
		if !maps.Equal(annotations, c.annotations) {
			t.Errorf("%s: annotations\n %q, want\n %q", c.name, annotations, c.annotations)
		}
		if got := slices.Sorted(maps.Keys(counted)); !slices.Equal(got, slices.Sorted(slices.Values(c.counted))) {
			t.Errorf("%s: counted\n %q, want\n %q", c.name, got, c.counted)
		}
	}
}

func told(a *admission.Attributes) (warnings []string, annotations map[string]string) {
	annotations = map[string]string{}
	a.Attempt.Tell(&resource.Recorder{
		Warn:     func(texts ...string) { warnings = append(warnings, texts...) },
		Annotate: func(key, value string) { annotations[strings.TrimPrefix(key, "pod-security.kubernetes.io/")] = value },
	})
	return warnings, annotations
}

func TestTemplates(t *testing.T) {
	w := admissiontest.World{}
	w.Add("namespaces", labelled("ns", "enforce=baseline", "audit=restricted"))
	w.Add("namespaces", labelled("open"))
	template := func(spec string) *appsv1.Deployment {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "d"}}
		d.Spec.Template.Spec = pod(spec).Spec
		return d
	}
	deployments := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	controllers := schema.GroupVersionResource{Version: "v1", Resource: "replicationcontrollers"}
	for _, c := range []struct {
		name      string
		gvr       schema.GroupVersionResource
		o         object.Object
		namespace string
		warnings  string
		annotated string
	}{
		{"what would be refused", deployments, template(privileged), "", `["would violate PodSecurity \"baseline:latest\": privileged (container \"a\" must not set securityContext.privileged=true)"]`, "audit-violations"},
		{"what is fine", deployments, template(restricted), "", "[]", ""},
		{"a namespace without labels", deployments, template(privileged), "open", "[]", ""},
		{"a namespace that is not there", deployments, template(privileged), "none", "[]", "error"},
		{"no template", controllers, &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "r"}}, "", "[]", ""},
		{"a subresource", schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments/status"}, template(privileged), "", "[]", ""},
		{"something else", schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, &corev1.ConfigMap{}, "", "[]", ""},
	} {
		p, _ := plugin(t, "", w)
		a := admissiontest.Request(admission.Create, c.gvr, c.o, nil)
		if c.namespace != "" {
			a.Namespace = c.namespace
		}
		admissiontest.Check(t, c.name, admissiontest.Run(p, a), "")
		warnings, annotations := told(a)
		if got := fmt.Sprintf("%q", warnings); got != c.warnings {
			t.Errorf("%s: %s, want %s", c.name, got, c.warnings)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(annotations)), " "); got != c.annotated {
			t.Errorf("%s: annotated %q, want %q", c.name, got, c.annotated)
		}
	}
}

func TestNamespaces(t *testing.T) {
	w := admissiontest.World{}
	add := func(name, owner, spec string) {
		o := pod(spec)
		o.Name = name
		if owner != "" {
			yes := true
			o.OwnerReferences = []metav1.OwnerReference{{UID: types.UID(owner), Controller: &yes}}
		}
		w.Add("pods", o)
	}
	add("a1", "", privileged)
	add("b1", "x", privileged)
	add("b2", "x", privileged)
	add("c1", "", plain)
	add("k1", "", `{runtimeClassName: kata, hostPID: true, containers: [{name: a, image: i}]}`)
	for _, c := range []struct {
		name, config string
		old, new     *corev1.Namespace
		fault        string
		warnings     []string
	}{
		{name: "a new one", new: labelled("ns", "enforce=restricted")},
		{name: "a new one with a wrong label", new: labelled("ns", "enforce=high", "warn-version=2"), fault: `Namespace "ns" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "high": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "2": must be "latest" or "v1.x"]`},
		{name: "a wrong label that was there", old: labelled("ns", "enforce=high"), new: labelled("ns", "enforce=high")},
		{name: "another wrong label", old: labelled("ns", "enforce=high"), new: labelled("ns", "enforce=higher"), fault: `"higher": must be one of`},
		{name: "stricter", old: labelled("ns"), new: labelled("ns", "enforce=baseline"), warnings: []string{`existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"`, "a1 (and 2 other pods): privileged", "k1: host namespaces"}},
		{name: "laxer", old: labelled("ns", "enforce=restricted"), new: labelled("ns", "enforce=baseline")},
		{name: "another version", old: labelled("ns", "enforce=baseline"), new: labelled("ns", "enforce=baseline", "enforce-version=v1.20"), warnings: []string{`existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:v1.20"`, "a1 (and 2 other pods): privileged", "k1: host namespaces"}},
		{name: "privileged", old: labelled("ns", "enforce=baseline"), new: labelled("ns", "enforce=privileged", "enforce-version=v1.20")},
		{name: "an exempt runtime class", config: exempting, old: labelled("ns", "enforce=privileged"), new: labelled("ns", "enforce=baseline"), warnings: []string{`existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"`, "a1 (and 2 other pods): privileged"}},
		{name: "a new exempt one", config: exempting, new: labelled("free", "enforce=restricted", "warn=baseline"), warnings: []string{`namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest, warn=baseline:latest) will be ignored`}},
		{name: "an exempt one", config: exempting, old: labelled("free"), new: labelled("free", "enforce=restricted"), warnings: []string{`namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored`}},
		{name: "an exempt one with the defaults", config: exempting, new: labelled("free", "enforce=baseline", "warn=privileged")},
	} {
		p, _ := plugin(t, c.config, w)
		op, old := admission.Create, object.Object(nil)
		if c.old != nil {
			op, old = admission.Update, c.old
		}
		a := admissiontest.Request(op, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, c.new, old)
		admissiontest.Check(t, c.name, admissiontest.Run(p, a), c.fault)
		if warnings, _ := told(a); !slices.Equal(warnings, c.warnings) {
			t.Errorf("%s:\n %q, want\n %q", c.name, warnings, c.warnings)
		}
	}
}

// No more than 3,000 pods are looked at, and no longer than a second.
func TestBoundsOfNamespaces(t *testing.T) {
	yes := true
	many := func(n int) func(context.Context, string, func(object.Object) bool) error {
		return func(_ context.Context, _ string, yield func(object.Object) bool) error {
			for i := range n {
				o := pod(privileged)
				o.Name = fmt.Sprintf("p%06d", n-i)
				o.OwnerReferences = []metav1.OwnerReference{{UID: types.UID(fmt.Sprint(i % 7)), Controller: &yes}}
				if !yield(o) {
					break
				}
			}
			return nil
		}
	}
	update := func(p *Plugin) []string {
		a := admissiontest.Request(admission.Update, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, labelled("ns", "enforce=baseline"), labelled("ns"))
		if err := p.Validate(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		warnings, _ := told(a)
		return warnings
	}
	p, _ := plugin(t, "", nil)
	p.Now = func() time.Time { return time.Unix(0, 0) }
	p.Pods = many(3500)
	if got := strings.Join(update(p), "|"); !strings.HasPrefix(got, "new PodSecurity enforce level only checked against the first 3000 of 3500 existing pods|existing pods in") || !strings.HasSuffix(got, "(and 2999 other pods): privileged") {
		t.Error(got)
	}
	asked := 0
	p.Now = func() time.Time { asked++; return time.Unix(int64(asked/10), 0) }
	p.Pods = many(100)
	if got := strings.Join(update(p), "|"); !strings.HasPrefix(got, "new PodSecurity enforce level only checked against the first ") || !strings.Contains(got, "of 100 existing pods") {
		t.Error(got)
	}
	p.Pods = func(context.Context, string, func(object.Object) bool) error { return errors.New("away") }
	if got := update(p); !slices.Equal(got, []string{"failed to list pods while checking new PodSecurity enforce level"}) {
		t.Error(got)
	}
}

func TestConfiguration(t *testing.T) {
	head := "apiVersion: pod-security.admission.config.k8s.io/v1beta1\nkind: PodSecurityConfiguration\n"
	for _, c := range []struct{ name, text, fault string }{
		{"nothing", "", ""},
		{"all", exempting, ""},
		{"an old version", "apiVersion: pod-security.admission.config.k8s.io/v1alpha1\nkind: PodSecurityConfiguration\n", ""},
		{"another version", "apiVersion: pod-security.admission.config.k8s.io/v2\nkind: PodSecurityConfiguration\n", `no kind "PodSecurityConfiguration" is registered for version`},
		{"an unknown field", head + "default: {}\n", `unknown field "default"`},
		{"a wrong level", head + "defaults: {enforce: high}\n", `defaults.enforce: Invalid value: "high": must be one of privileged, baseline, restricted`},
		{"a wrong version", head + "defaults: {warn-version: v2.1}\n", `defaults.warn-version: Invalid value: "v2.1": must be "latest" or "v1.x"`},
		{"wrong names", head + "exemptions: {namespaces: [A], usernames: [''], runtimeClasses: [b, b]}\n", `exemptions.runtimeClasses[1]: Duplicate value: "b"`},
	} {
		_, err := New([]byte(c.text), Deps{})
		admissiontest.Check(t, c.name, err, c.fault)
	}
}

// A spec that went over as a message is judged like one that the library has read itself.
func TestAsTheLibrary(t *testing.T) {
	p, _ := plugin(t, "", nil)
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, spec := range []string{plain, privileged, restricted, other,
		`{hostNetwork: true, hostPID: true, containers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 1}]}]}`,
		`{volumes: [{name: v, hostPath: {path: /}}, {name: w, emptyDir: {}}], containers: [{name: a, image: i}]}`,
		`{volumes: [{name: v, nfs: {server: s, path: /}}], containers: [{name: a, image: i}], initContainers: [{name: b, image: i, securityContext: {runAsUser: 0}}]}`,
		`{hostUsers: false, securityContext: {sysctls: [{name: kernel.msgmax, value: "1"}], seLinuxOptions: {type: x, user: u}}, containers: [{name: a, image: i, securityContext: {procMount: Unmasked}}]}`,
		`{containers: [{name: a, image: i, securityContext: {capabilities: {add: [NET_RAW, SYS_ADMIN], drop: [ALL]}, seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}}}]}`,
		`{os: {name: windows}, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a, image: i, livenessProbe: {httpGet: {host: h, port: 1}}}]}`,
		`{containers: [{name: a, image: i, lifecycle: {preStop: {tcpSocket: {host: 10.0.0.1, port: 1}}}}], ephemeralContainers: [{name: e, image: i, securityContext: {privileged: true}}]}`,
	} {
		var theirs published.PodSpec
		if err := yaml.Unmarshal([]byte(spec), &theirs); err != nil {
			t.Fatal(err)
		}
		annotations := map[string]string{"container.apparmor.security.beta.kubernetes.io/a": "unconfined", "seccomp.security.alpha.kubernetes.io/pod": "unconfined"}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			for minor := range 38 {
				lv := api.LevelVersion{Level: level, Version: api.MajorMinorVersion(1, minor)}
				want := policy.AggregateCheckResults(evaluator.EvaluatePod(lv, &metav1.ObjectMeta{Annotations: annotations}, &theirs))
				got, err := p.evaluate(lv, made{annotations, &pod(spec).Spec})
				if err != nil || got.ForbiddenDetail() != want.ForbiddenDetail() || got.Allowed != want.Allowed {
					t.Errorf("%s at %s: %q %v, want %q", spec, lv, got.ForbiddenDetail(), err, want.ForbiddenDetail())
				}
				if !got.Allowed {
					refused++
				}
			}
		}
	}
	if refused < 500 {
		t.Errorf("only %d were refused", refused)
	}
}

func BenchmarkPod(b *testing.B) {
	w := admissiontest.World{}
	w.Add("namespaces", labelled("open"))
	w.Add("namespaces", labelled("ns", "enforce=restricted", "audit=restricted", "warn=restricted"))
	p, _ := plugin(b, "", w)
	for _, namespace := range []string{"open", "ns"} {
		b.Run(namespace, func(b *testing.B) {
			a := admissiontest.Request(admission.Create, admissiontest.Pods(""), pod(restricted), nil)
			a.Namespace = namespace
			b.ReportAllocs()
			for b.Loop() {
				a.Attempt = &resource.Attempt{}
				if err := p.Validate(b.Context(), a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

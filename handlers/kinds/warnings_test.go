package kinds

import (
	"reflect"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func read[T object.Object](t *testing.T, o T, text string) T {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// warned are the warnings of a write of o; old is nil for a create.
func warned(t *testing.T, o, old object.Object) []string {
	t.Helper()
	for gvk, empty := range resources.Kinds {
		if reflect.TypeOf(empty()) != reflect.TypeOf(o) {
			continue
		}
		for _, row := range resources.Rows {
			if row.KindGroup == gvk.Group && row.KindVersion == gvk.Version && row.Kind == gvk.Kind && row.Subresource == "" {
				warn := Strategies(kind.Deps{})(row).Warnings
				if warn == nil {
					return nil
				}
				return warn(t.Context(), o, old)
			}
		}
	}
	t.Fatalf("no row of %T", o)
	return nil
}

func sameWarnings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWarningsOfPods(t *testing.T) {
	for name, c := range map[string]struct {
		spec string
		want []string
	}{
		"nothing": {spec: "{containers: [{name: c, env: [{name: A, value: '1'}, {name: A, value: '$(A)2'}]}]}"},
		"a variable hidden by a reference": {
			spec: "{containers: [{name: c, env: [{name: A, value: '1'}, {name: A, valueFrom: {fieldRef: {fieldPath: x}}}]}]}",
			want: []string{`spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`},
		},
		"a variable that is only itself": {
			spec: "{initContainers: [{name: c, env: [{name: A, value: '1'}, {name: A, value: '$(A)'}]}]}",
			want: []string{`spec.initContainers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`},
		},
		"ports that differ by address": {
			spec: "{containers: [{name: c, ports: [{containerPort: 1, hostPort: 1, hostIP: 1.1.1.1}, {containerPort: 1, hostPort: 1, hostIP: 1.1.1.2}]}]}",
		},
		"ports of the host that differ": {
			spec: "{containers: [{name: c, ports: [{containerPort: 1, hostPort: 1}, {containerPort: 1, hostPort: 2}]}]}",
		},
		"a port with and without the host": {
			spec: "{containers: [{name: c, ports: [{containerPort: 1, hostPort: 1}, {containerPort: 1}]}]}",
			want: []string{"spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"},
		},
		"a file in a file": {
			spec: "{volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: a/b/}, {key: l, path: ab}, {key: m, path: a}]}}]}",
			want: []string{`volume "v" (Secret "s"): overlapping paths: "a" with "a/b"`},
		},
		"nothing projected": {
			spec: "{volumes: [{name: v, projected: {sources: [{}]}}]}",
			want: []string{`volume "v" (Projected) has no sources provided`},
		},
		"a token over a certificate": {
			spec: "{volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {podCertificate: {keyPath: t/k}}]}}]}",
			want: []string{`volume "v" (Projected): overlapping paths: "t/k" (PodCertificate key) with "t" (ServiceAccountToken)`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			pod := read(t, &corev1.Pod{}, "{metadata: {name: p}, spec: "+c.spec+"}")
			sameWarnings(t, warned(t, pod, nil), c.want...)
			sameWarnings(t, warned(t, pod, &corev1.Pod{}))
		})
	}
}

// An update is spoken of when it changes what the generation counts, each kind in its own way.
func TestWarningsOfUpdates(t *testing.T) {
	const sentence = "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
	at := func(generation string) string {
		return "{metadata: {name: a.b, generation: " + generation + "}, spec: {template: {spec: {terminationGracePeriodSeconds: -1}}}}"
	}
	const name = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
	for kind, n := range map[string]func() object.Object{
		"Deployment": func() object.Object { return &appsv1.Deployment{} }, "ReplicaSet": func() object.Object { return &appsv1.ReplicaSet{} },
		"Job": func() object.Object { return &batchv1.Job{} }, "ReplicationController": func() object.Object { return &corev1.ReplicationController{} },
	} {
		t.Run(kind, func(t *testing.T) {
			one, two := read(t, n(), at("1")), read(t, n(), at("2"))
			sameWarnings(t, warned(t, one, nil), name, sentence)
			sameWarnings(t, warned(t, one, one))
			sameWarnings(t, warned(t, two, one), sentence)
		})
	}
	set, other := read(t, &appsv1.DaemonSet{}, at("1")), read(t, &appsv1.DaemonSet{}, "{metadata: {generation: 2}}")
	sameWarnings(t, warned(t, set, nil), sentence)
	sameWarnings(t, warned(t, set, set))
	sameWarnings(t, warned(t, set, other), sentence)
	without := read(t, &corev1.ReplicationController{}, "{metadata: {name: r}}")
	sameWarnings(t, warned(t, without, nil))
}

func TestWarningsOfAppArmor(t *testing.T) {
	const sentence = `template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead`
	for name, c := range map[string]struct {
		value, security string
		want            []string
	}{
		"no field":               {"unconfined", "", []string{sentence}},
		"the pod's own":          {"localhost/x", "{appArmorProfile: {type: Localhost, localhostProfile: x}}", nil},
		"another than the pod's": {"runtime/default", "{appArmorProfile: {type: Unconfined}}", []string{sentence}},
		"none":                   {"localhost/", "{appArmorProfile: {type: Unconfined}}", []string{sentence}},
	} {
		t.Run(name, func(t *testing.T) {
			o := read(t, &corev1.PodTemplate{}, "{template: {metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: "+c.value+"}}, spec: {containers: [{name: c}], securityContext: "+c.security+"}}}")
			sameWarnings(t, warned(t, o, nil), c.want...)
		})
	}
}

func TestWarningsOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		o, old object.Object
		text   string
		want   []string
	}{
		"a plain secret":          {o: &corev1.Secret{}, text: "{type: Opaque}"},
		"a node's name elsewhere": {o: &corev1.Node{}, text: "{spec: {externalID: x}}", want: []string{"spec.externalID: this field is deprecated, and is unused by Kubernetes"}},
		"a quota that is changed": {o: &corev1.ResourceQuota{}, old: &corev1.ResourceQuota{}, text: "{spec: {hard: {cpu: 2, limits.cpu: 1}}}"},
		"a map":                   {o: &corev1.ConfigMap{}, text: "{data: {a: b}}"},
	} {
		t.Run(name, func(t *testing.T) {
			sameWarnings(t, warned(t, read(t, c.o, c.text), c.old), c.want...)
		})
	}
}

package core

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func podOf(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	return kindtest.Parse[corev1.Pod](t, `{metadata: {name: p, namespace: ns}, spec: `+spec+`}`)
}

func TestPodCreate(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	for _, c := range []struct{ spec, class string }{
		{`{containers: [{name: a}]}`, "BestEffort"},
		{`{containers: [{name: a, resources: {requests: {cpu: 1}}}]}`, "Burstable"},
		{`{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1Gi}}}]}`, "Guaranteed"},
		{`{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}}]}`, "Burstable"},
		{`{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}}, {name: b}]}`, "Burstable"},
		{`{initContainers: [{name: i}], containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}}]}`, "Burstable"},
		{`{resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}, containers: [{name: a}]}`, "Guaranteed"},
		{`{containers: [{name: a, resources: {requests: {cpu: 0, example.com/gpu: 1}}}]}`, "BestEffort"},
	} {
		pod := podOf(t, c.spec)
		pod.Status.Phase = "Running"
		if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), pod); err != nil {
			t.Fatal(err)
		}
		if pod.Status.QOSClass != c.class || pod.Status.Phase != "Pending" {
			t.Errorf("%s: %s %s, want %s", c.spec, pod.Status.Phase, pod.Status.QOSClass, c.class)
		}
	}
	gated := podOf(t, `{schedulingGates: [{name: a/b}], containers: [{name: a}], topologySpreadConstraints: [{labelSelector: {}, matchLabelKeys: [app]}],
		affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}, mismatchLabelKeys: [app, none]}]}}}`)
	gated.Labels = map[string]string{"app": "x"}
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), gated); err != nil {
		t.Fatal(err)
	}
	if c := gated.Status.Conditions; len(c) != 1 || c[0].Reason != "SchedulingGated" || c[0].Status != "False" {
		t.Errorf("conditions %+v", c)
	}
	spread := gated.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions
	anti := gated.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions
	if len(spread) != 1 || spread[0].Operator != "In" || spread[0].Values[0] != "x" || len(anti) != 1 || anti[0].Operator != "NotIn" {
		t.Errorf("%+v %+v", spread, anti)
	}
}

// The texts are upstream's.
func TestPodRules(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	for _, c := range []struct {
		spec string
		want []string
	}{
		{`{serviceAccountName: a, volumes: [{name: v, emptyDir: {}}], containers: [{name: a, volumeMounts: [{name: v, mountPath: /a}]}]}`, nil},
		{`{containers: [{name: a, volumeMounts: [{name: x, mountPath: /a}, {name: x, mountPath: /a}]}]}`, []string{
			`spec.containers[0].volumeMounts[0].name: Not found: "x"`, `spec.containers[0].volumeMounts[1].name: Not found: "x"`,
			`spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique`}},
		{`{volumes: [{name: v}, {name: w, emptyDir: {}, secret: {secretName: s}}, {name: x, emptyDir: {}}, {name: x, emptyDir: {}}], containers: [{name: a}]}`, []string{
			"spec.volumes[0]: Required value: must specify a volume type",
			"spec.volumes[1].secret: Forbidden: may not specify more than 1 volume type",
			`spec.volumes[3].name: Duplicate value: "x"`}},
		{`{containers: [{name: a}, {name: a}]}`, []string{`spec.containers[1].name: Duplicate value: "a"`}},
		{`{containers: [{name: a, ports: [{containerPort: 1, hostPort: 2, protocol: TCP}, {containerPort: 1, hostPort: 2, protocol: TCP}]}]}`, []string{
			`spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//2"`}},
		{`{hostNetwork: true, containers: [{name: a, ports: [{containerPort: 1, hostPort: 2}]}]}`, []string{
			"spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true"}},
		{`{containers: [{name: a, resources: {requests: {cpu: 2, example.com/x: 1}, limits: {cpu: 1}}}]}`, []string{
			`spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
			"spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources"}},
		{`{containers: [{name: a, livenessProbe: {successThreshold: 2}, readinessProbe: {exec: {}, httpGet: {port: 1}, successThreshold: 1}}]}`, []string{
			"spec.containers[0].livenessProbe: Required value: must specify a handler type",
			"spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
			"spec.containers[0].readinessProbe.httpGet: Forbidden: may not specify more than 1 handler type"}},
		{`{initContainers: [{name: i, lifecycle: {}, startupProbe: {}}, {name: s, restartPolicy: Always, startupProbe: {exec: {}, successThreshold: 1}}], containers: [{name: a}]}`, []string{
			"spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always",
			"spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always"}},
		{`{containers: [{name: a, env: [{name: A, valueFrom: {}}, {name: B, value: x, valueFrom: {fieldRef: {fieldPath: a}}}]}]}`, []string{
			"spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
			"spec.containers[0].env[1].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"}},
		{`{dnsPolicy: None, containers: [{name: a}]}`, []string{
			"spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"}},
		{`{nodeName: node, schedulingGates: [{name: a/b}], ephemeralContainers: [{name: e}], containers: [{name: a, image: " b"}]}`, []string{
			`spec.containers[0].image: Invalid value: " b": must not have leading or trailing whitespace`,
			"spec.ephemeralContainers: Forbidden: cannot be set on create",
			"spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"}},
		{`{containers: [{name: a}], volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}`, []string{
			"spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set"}},
	} {
		if got := kindtest.Verdict(s, podOf(t, c.spec), nil); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s", c.spec, strings.Join(got, "\n"))
		}
	}
}

const base = `{containers: [{name: a, image: "x:1"}], dnsPolicy: ClusterFirst, restartPolicy: Always, terminationGracePeriodSeconds: 30}`

const mayNot = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"

func TestPodUpdate(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	with := func(change func(*corev1.Pod)) *corev1.Pod {
		p := podOf(t, base)
		if change != nil {
			change(p)
		}
		return p
	}
	five, six, minus, one := int64(5), int64(6), int64(-1), int64(1)
	gate := []corev1.PodSchedulingGate{{Name: "a/b"}}
	for _, c := range []struct {
		name     string
		now, old *corev1.Pod
		want     []string
	}{
		{"nothing", with(nil), with(nil), nil},
		{"image", with(func(p *corev1.Pod) { p.Spec.Containers[0].Image = "x:2" }), with(nil), nil},
		{"no image, which is the field's own fault", with(func(p *corev1.Pod) { p.Spec.Containers[0].Image = "" }), with(nil), nil},
		{"toleration added", with(func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{{Key: "a", Operator: "Exists"}} }), with(nil), nil},
		{"toleration removed", with(nil), with(func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{{Key: "a"}} }), []string{
			"spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"}},
		{"deadline set", with(func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = &five }), with(nil), nil},
		{"deadline raised", with(func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = &six }), with(func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = &five }), []string{
			"spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"}},
		{"grace repaired", with(func(p *corev1.Pod) { p.Spec.TerminationGracePeriodSeconds = &one }), with(func(p *corev1.Pod) { p.Spec.TerminationGracePeriodSeconds = &minus }), nil},
		{"gate removed", with(nil), with(func(p *corev1.Pod) { p.Spec.SchedulingGates = gate }), nil},
		{"gate added", with(func(p *corev1.Pod) { p.Spec.SchedulingGates = gate }), with(nil), []string{
			"spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a/b'"}},
		{"gated selector", with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"a": "b"} }), with(func(p *corev1.Pod) { p.Spec.SchedulingGates = gate }), nil},
		{"gated selector changed", with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"a": "c"} }),
			with(func(p *corev1.Pod) { p.Spec.SchedulingGates = gate; p.Spec.NodeSelector = map[string]string{"a": "b"} }), []string{
				`spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)`}},
		{"hostname", with(func(p *corev1.Pod) { p.Spec.Hostname = "foo" }), with(nil), []string{mayNot +
			"@@ -64,7 +64,7 @@\n   \"SELinuxChangePolicy\": null\n  },\n  \"ImagePullSecrets\": null,\n- \"Hostname\": \"\",\n+ \"Hostname\": \"foo\",\n  \"Subdomain\": \"\",\n  \"SetHostnameAsFQDN\": null,\n  \"Affinity\": null,\n"}},
		{"container added", with(func(p *corev1.Pod) { p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "b"}) }), with(nil), []string{
			"spec.containers: Forbidden: pod updates may not add or remove containers"}},
	} {
		if got := kindtest.Messages(s.ValidateUpdate(t.Context(), c.now, c.old)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s", c.name, strings.Join(got, "\n"))
		}
	}
	if !s.Changed(with(func(p *corev1.Pod) { p.Spec.Hostname = "a" }), with(nil)) || s.Changed(with(func(p *corev1.Pod) { p.Labels = map[string]string{"a": "b"} }), with(nil)) {
		t.Error("the generation follows something else than the spec")
	}
}

func TestPodGrace(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	for _, c := range []struct {
		spec, phase string
		options     *metav1.DeleteOptions
		want        int64
	}{
		{`{nodeName: node, containers: [], terminationGracePeriodSeconds: 30}`, "Running", nil, 30},
		{`{nodeName: node, containers: [], terminationGracePeriodSeconds: 30}`, "Running", &metav1.DeleteOptions{GracePeriodSeconds: new(int64(5))}, 5},
		{`{nodeName: node, containers: [], terminationGracePeriodSeconds: -5}`, "Running", nil, 1},
		{`{containers: [], terminationGracePeriodSeconds: 30}`, "Pending", nil, 0},
		{`{nodeName: node, containers: [], terminationGracePeriodSeconds: 30}`, "Succeeded", nil, 0},
	} {
		pod := podOf(t, c.spec)
		pod.Status.Phase = c.phase
		if got := s.GracePeriod(t.Context(), pod, c.options); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.spec, c.phase, got, c.want)
		}
	}
}

func TestPodFields(t *testing.T) {
	pod := podOf(t, `{nodeName: node, restartPolicy: Never, hostNetwork: true, containers: []}`)
	pod.Status = corev1.PodStatus{Phase: "Running", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}}
	got := hooks(t, "v1", "pods", "").Fields(pod)
	for k, want := range map[string]string{"spec.nodeName": "node", "spec.restartPolicy": "Never", "spec.hostNetwork": "true", "status.phase": "Running",
		"status.podIP": "10.0.0.1", "status.nominatedNodeName": "", "spec.schedulerName": ""} {
		if v, ok := got[k]; !ok || v != want {
			t.Errorf("%s = %q, want %q", k, v, want)
		}
	}
}

func TestPodStatus(t *testing.T) {
	s := hooks(t, "v1", "pods", "status")
	old := podOf(t, `{nodeName: node, restartPolicy: Never, containers: [{name: a}]}`)
	old.Status = corev1.PodStatus{QOSClass: "Burstable", ObservedGeneration: 3, Conditions: []corev1.PodCondition{{Type: "Ready", ObservedGeneration: 2}},
		ContainerStatuses: []corev1.ContainerStatus{{Name: "a", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}}}}
	pod := object.Copy(old)
	pod.Status = corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: "Ready"}, {Type: "New"}}}
	if err := s.PrepareStatus(t.Context(), kindtest.Attempt(), pod, old); err != nil {
		t.Fatal(err)
	}
	if st := pod.Status; st.QOSClass != "Burstable" || st.ObservedGeneration != 3 || st.Conditions[0].ObservedGeneration != 2 || st.Conditions[1].ObservedGeneration != 0 {
		t.Errorf("%+v", st)
	}
	pod.Status.QOSClass, pod.Status.NominatedNodeName = "Guaranteed", "m"
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "a", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	want := []string{"status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
		`status.qosClass: Invalid value: "Guaranteed": field is immutable`,
		"status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"}
	if got := kindtest.Verdict(s, pod, old); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestEphemeralContainers(t *testing.T) {
	s := hooks(t, "v1", "pods", "ephemeralcontainers")
	old := podOf(t, `{containers: [{name: a, image: i}], ephemeralContainers: [{name: e, image: i}]}`)
	pod := podOf(t, `{hostname: h, containers: [], ephemeralContainers: [{name: e, image: i}, {name: f, image: i, targetContainerName: a}]}`)
	pod.Labels = map[string]string{"a": "b"}
	if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), pod, old); err != nil {
		t.Fatal(err)
	}
	if len(pod.Labels) != 0 || pod.Spec.Hostname != "" || len(pod.Spec.Containers) != 1 || len(pod.Spec.EphemeralContainers) != 2 {
		t.Errorf("%+v", pod)
	}
	if got := kindtest.Verdict(s, pod, old); len(got) > 0 {
		t.Errorf("%q", got)
	}
	pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{Name: "g", Image: "i", TargetContainerName: "x", Ports: []corev1.ContainerPort{{}}}}
	want := []string{`spec.ephemeralContainers[0].targetContainerName: Not found: "x"`,
		"spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
		"spec.ephemeralContainers: Forbidden: existing ephemeral containers \"e\" may not be removed\n"}
	if got := kindtest.Verdict(s, pod, old); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestResize(t *testing.T) {
	s := hooks(t, "v1", "pods", "resize")
	old := podOf(t, `{containers: [{name: a, image: i, resources: {requests: {cpu: 1}}}]}`)
	old.Status.QOSClass = "Burstable"
	for _, c := range []struct {
		spec string
		want []string
	}{
		{`{hostname: ignored, containers: [{name: a, image: other, resources: {requests: {cpu: 2}}}]}`, nil},
		{`{containers: [{name: a, resources: {requests: {}}}]}`, []string{
			`spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing`,
			"spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"}},
		{`{containers: [{name: a, resources: {requests: {cpu: 1, example.com/x: 1}, limits: {example.com/x: 1}}}]}`, []string{
			"spec: Forbidden: only cpu and memory resources are mutable"}},
		{`{containers: [{name: b, resources: {}}]}`, []string{
			`spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing`,
			"spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize"}},
	} {
		pod := podOf(t, c.spec)
		if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), pod, old); err != nil {
			t.Fatal(err)
		}
		if got := kindtest.Verdict(s, pod, old); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.spec, got)
		}
	}
}

// An object of a wrong type is a fault of the server; it ends in an error.
func TestWrongTypes(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	wrong := &metav1.PartialObjectMetadata{}
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), wrong); err == nil {
		t.Error("prepared")
	}
	if errs := s.Check(t.Context(), wrong, nil); len(errs) != 1 {
		t.Errorf("%v", errs)
	}
	if errs := s.ValidateUpdate(t.Context(), wrong, wrong); len(errs) != 1 {
		t.Errorf("%v", errs)
	}
	if s.Changed(wrong, wrong) || s.GracePeriod(t.Context(), wrong, nil) != 0 {
		t.Error("changed, or graceful")
	}
}

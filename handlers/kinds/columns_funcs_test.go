package kinds

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	gencolumns "github.com/gatehouse-dev/gatehouse/gen/columns"
	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

func TestPrinted(t *testing.T) {
	for _, c := range []struct {
		as    gencolumns.As
		value any
		want  any
	}{
		{gencolumns.Plain, int64(3), int64(3)},
		{gencolumns.Age, time.Time{}, "<unknown>"},
		{gencolumns.Age, before(0), "0s"},
		{gencolumns.Age, before(119 * time.Second), "119s"},
		{gencolumns.Age, before(120 * time.Second), "2m"},
		{gencolumns.Age, before(150 * time.Second), "2m30s"},
		{gencolumns.Age, before(9*time.Minute + 59*time.Second), "9m59s"},
		{gencolumns.Age, before(10 * time.Minute), "10m"},
		{gencolumns.Age, before(3*time.Hour + 5*time.Minute), "3h5m"},
		{gencolumns.Age, before(8 * time.Hour), "8h"},
		{gencolumns.Age, before(50 * time.Hour), "2d2h"},
		{gencolumns.Age, before(9 * 24 * time.Hour), "9d"},
		{gencolumns.Age, before(800 * 24 * time.Hour), "2y70d"},
		{gencolumns.Age, before(-time.Second), "0s"},
		{gencolumns.Age, before(-time.Minute), "<invalid>"},
		{gencolumns.Date, noon.In(time.FixedZone("", 7200)), "2026-05-01T12:00:00Z"},
		{gencolumns.Join, []string{"b", "a"}, "b,a"},
		{gencolumns.Labels, map[string]string{"b": "2", "a": ""}, "a=,b=2"},
		{gencolumns.Selector, &metav1.LabelSelector{}, "<none>"},
		{gencolumns.Selector, &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Odd"}}}, "<error>"},
		{gencolumns.Flag, true, "True"},
		{gencolumns.Flag, false, "False"},
		{gencolumns.Seconds, int64(5400), "90m"},
	} {
		if got := printed(c.as, c.value, noon); got != c.want {
			t.Errorf("printed(%v, %v) = %v, want %v", c.as, c.value, got, c.want)
		}
	}
}

func TestValueFuncs(t *testing.T) {
	for _, c := range []struct {
		name   string
		values kind.Values
		want   any
	}{
		{"bareSelector", kind.Values{nil}, ""},
		{"bareSelector", kind.Values{&metav1.LabelSelector{}}, ""},
		{"bareSelector", kind.Values{&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Odd"}}}}, "<invalid>"},
		{"serviceAvailable", kind.Values{nil, nil}, "Unknown"},
		{"serviceAvailable", kind.Values{"False", "ServiceNotFound"}, "False (ServiceNotFound)"},
		{"serviceAvailable", kind.Values{"Unknown", ""}, "Unknown"},
		{"serviceAvailable", kind.Values{"True", "Passed"}, "True"},
		{"eventFirstSeen", kind.Values{time.Time{}, before(time.Minute)}, "60s"},
		{"eventFirstSeen", kind.Values{before(time.Hour), before(time.Minute)}, "60m"},
		{"eventLastSeen", kind.Values{time.Time{}, before(time.Hour), before(time.Hour), before(time.Hour)}, "<unknown>"},
		{"eventLastSeen", kind.Values{nil, time.Time{}, time.Time{}, before(time.Minute)}, "60s"},
		{"eventCount", kind.Values{int64(0), int64(7)}, int64(0)},
		{"eventCount", kind.Values{nil, int64(0)}, int64(1)},
		{"healthy", kind.Values{nil}, "Unknown"},
		{"healthy", kind.Values{"Unknown"}, "Unhealthy"},
		{"volumeClass", kind.Values{map[string]string{"volume.beta.kubernetes.io/storage-class": ""}, "fast"}, ""},
		{"volumeClass", kind.Values{nil, nil}, ""},
		{"accessModes", kind.Values{[]string{"ReadWriteOncePod", "ReadWriteMany", "ReadWriteMany", "Odd"}}, "RWX,RWOP"},
		{"claimState", kind.Values{nil, nil, nil}, "pending"},
		{"claimState", kind.Values{nil, struct{}{}, nil}, "allocated"},
		{"claimState", kind.Values{noon, struct{}{}, struct{}{}}, "deleted,allocated,reserved"},
		{"podCertificateState", kind.Values{nil}, "Pending"},
		{"podCertificateState", kind.Values{[]metav1.Condition{{Type: "Issued"}, {Type: "Odd"}}}, "Issued"},
		{"migrationStatus", kind.Values{[]metav1.Condition{{Type: "Running", Status: "True"}, {Type: "Failed", Status: "False"}}}, "Running"},
	} {
		if got := cells()[c.name].Values(c.values, noon); got != c.want {
			t.Errorf("%s(%v) = %v, want %v", c.name, c.values, got, c.want)
		}
	}
}

// States that the reference's validation keeps out of its store, but that bytes in a store may have.
func TestObjectFuncs(t *testing.T) {
	owned := func(apiVersion, kind string) object.Object {
		yes := true
		return &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Name: "other"}, {APIVersion: apiVersion, Kind: kind, Name: "x", Controller: &yes}}}}
	}
	ended := metav1.NewTime(before(time.Hour))
	started := metav1.NewTime(before(3 * time.Hour))
	for _, c := range []struct {
		name   string
		object object.Object
		want   any
	}{
		{"controllerOf", owned("a/b/c", "Thing"), "x"},
		{"controllerOf", owned("apps/v1", ""), "x"},
		{"controllerOf", owned("apps/v1", "ReplicaSet"), "replicaset.apps/x"},
		{"serviceExternalIP", &corev1.Service{Spec: corev1.ServiceSpec{Type: "Odd"}}, "<unknown>"},
		{"serviceExternalIP", &corev1.Service{Spec: corev1.ServiceSpec{Type: "LoadBalancer"}, Status: corev1.ServiceStatus{LoadBalancer: corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{}}}}}, "<pending>"},
		{"scalerTargets", &autoscalingv2.HorizontalPodAutoscaler{}, "<none>"},
		{"scalerTargets", &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{Metrics: []autoscalingv2.MetricSpec{{Type: "Odd"}, {Type: "Pods"}}}}, "<unknown type>, <unknown type>"},
		{"scalerTargets", &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{Metrics: []autoscalingv2.MetricSpec{{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: "cpu"}}}}}, "cpu: <unknown>/<auto>"},
		{"podReady", &corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: []corev1.ContainerStatus{{Name: "unknown"}}}}, "0/0"},
		{"podStatus", &corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: []corev1.ContainerStatus{{Name: "unknown"}}}}, "Init:0/0"},
		{"podRestarts", &corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{RestartCount: 2, LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{FinishedAt: ended}}}}}}, "2 (60m ago)"},
		{"podReadinessGates", &corev1.Pod{Spec: corev1.PodSpec{ReadinessGates: []corev1.PodReadinessGate{{ConditionType: "a"}}}}, "0/1"},
		{"nodeRoles", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"node-role.kubernetes.io/": "", "kubernetes.io/role": ""}}}, "<none>"},
		{"jobDuration", &batchv1.Job{Status: batchv1.JobStatus{StartTime: &started}}, "3h"},
		{"jobDuration", &batchv1.Job{Status: batchv1.JobStatus{StartTime: &started, CompletionTime: &ended}}, "120m"},
		{"jobDuration", &batchv1.Job{}, ""},
	} {
		if got := cells()[c.name].Object(c.object, noon); got != c.want {
			t.Errorf("%s(%v) = %v, want %v", c.name, c.object, got, c.want)
		}
	}
}

// Flow schemas come in the order in which they are tried, not in that of their names.
func TestOrder(t *testing.T) {
	schema := func(name string, precedence int32) object.Object {
		return &flowcontrolv1.FlowSchema{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: flowcontrolv1.FlowSchemaSpec{MatchingPrecedence: precedence}}
	}
	list := []object.Object{schema("c", 5), schema("a", 9), schema("b", 5)}
	compare := Columns(kindOfName("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema")).Compare
	slices.SortFunc(list, compare)
	var names string
	for _, o := range list {
		names += o.GetName()
	}
	if names != "bca" {
		t.Errorf("order %s, want bca", names)
	}
	if compare(list[0], &corev1.Pod{}) != 0 {
		t.Error("objects of other kinds have an order")
	}
	if Columns(kindOfName("", "v1", "Pod")).Compare != nil {
		t.Error("pods are reordered")
	}
}

// BenchmarkPod makes the cells of a running pod with init containers and a sidecar.
func BenchmarkPod(b *testing.B) {
	file, err := os.ReadFile("testdata/columns/v1_pod.json")
	if err != nil {
		b.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(file, &g); err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(g.Rows, func(r goldenRow) bool { return r.Cells[0] == "sidecar" })
	var pod corev1.Pod
	if err := json.Unmarshal(g.Rows[i].Object, &pod); err != nil {
		b.Fatal(err)
	}
	cells := Columns(g.Kind).Cells
	b.ReportAllocs()
	for b.Loop() {
		if got := cells(&pod, g.Rows[i].Now); got[1] != "2/2" {
			b.Fatal(got)
		}
	}
}

package plugins

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
)

func TestTaintNodesByCondition(t *testing.T) {
	const taint = `{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready"}`
	for _, c := range []struct {
		name   string
		taints []corev1.Taint
		want   string
	}{
		{"none", nil, "[" + taint + "]"},
		{"once", []corev1.Taint{{Key: nodeNotReady, Effect: noSchedule, Value: "x"}}, `[{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready","value":"x"}]`},
		{"another effect", []corev1.Taint{{Key: nodeNotReady, Effect: noExecute}}, `[{"effect":"NoExecute","key":"node.kubernetes.io/not-ready"},` + taint + "]"},
	} {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}, Spec: corev1.NodeSpec{Taints: c.taints}}
		admissiontest.Check(t, c.name, admissiontest.Run(newTaintNodes(nil), admissiontest.Request(admission.Create, nodes, node, nil)), "")
		if got := shown(t, node.Spec.Taints); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	node := &corev1.Node{}
	admissiontest.Check(t, "update", admissiontest.Run(newTaintNodes(nil), admissiontest.Request(admission.Update, nodes, node, node)), "")
	if node.Spec.Taints != nil {
		t.Error("an update is tainted")
	}
}

func TestDenyServiceExternalIPs(t *testing.T) {
	services := schema.GroupVersionResource{Version: "v1", Resource: "services"}
	service := func(ips ...string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "s"}, Spec: corev1.ServiceSpec{ExternalIPs: ips}}
	}
	const no = `services "s" is forbidden: Use of external IPs is denied by admission control`
	for _, c := range []struct {
		name string
		a    *admission.Attributes
		want string
	}{
		{"none", admissiontest.Request(admission.Create, services, service(), nil), ""},
		{"some", admissiontest.Request(admission.Create, services, service("1.1.1.1"), nil), no},
		{"fewer", admissiontest.Request(admission.Update, services, service("1.1.1.1"), service("2.2.2.2", "1.1.1.1")), ""},
		{"another", admissiontest.Request(admission.Update, services, service("1.1.1.1", "3.3.3.3"), service("2.2.2.2", "1.1.1.1")), no},
		{"a status", admissiontest.Request(admission.Update, schema.GroupVersionResource{Version: "v1", Resource: "services/status"}, service("1.1.1.1"), service()), ""},
		{"no service", admissiontest.Request(admission.Create, services, podIn("ns"), nil), "Internal error occurred: Expected Service resource"},
	} {
		admissiontest.Check(t, c.name, admissiontest.Run(newDenyServiceExternalIPs(nil), c.a), c.want)
	}
}

func TestAlwaysDeny(t *testing.T) {
	const no = `pods "x" is forbidden: admission control is denying all modifications`
	for _, op := range []admission.Operation{admission.Create, admission.Update, admission.Delete, admission.Connect} {
		admissiontest.Check(t, string(op), admissiontest.Run(newAlwaysDeny(nil), admissiontest.Request(op, podsResource, podIn("ns"), nil)), no)
	}
	admissiontest.Check(t, "validate", AlwaysDeny{}.Validate(t.Context(), admissiontest.Request(admission.Create, podsResource, podIn("ns"), nil)), no)
}

func group(name string, gang bool, owner string) *schedulingv1alpha2.PodGroup {
	g := &schedulingv1alpha2.PodGroup{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	if gang {
		g.Spec.SchedulingPolicy.Gang = &schedulingv1alpha2.GangSchedulingPolicy{MinCount: 1}
	}
	if owner != "" {
		g.OwnerReferences = []metav1.OwnerReference{{UID: "uid-" + "job", Controller: number(true)}}
	}
	return g
}

func TestPodGroupWorkloadExists(t *testing.T) {
	w := admissiontest.World{"workloads/ns/broken": nil}
	now := metav1.Now()
	w.Add("workloads", &schedulingv1alpha2.Workload{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "w"}, Spec: schedulingv1alpha2.WorkloadSpec{PodGroupTemplates: []schedulingv1alpha2.PodGroupTemplate{{Name: "t"}}}})
	w.Add("workloads", &schedulingv1alpha2.Workload{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "leaving", DeletionTimestamp: &now}})
	for _, c := range []struct {
		name, workload, template string
		gate                     bool
		want                     string
	}{
		{"there", "w", "t", true, ""},
		{"no reference", "", "", true, ""},
		{"no template", "w", "u", true, `podgroups.scheduling.k8s.io "g" is forbidden: PodGroup rejected: PodGroupTemplate "u" not found in Workload "w"`},
		{"no workload", "none", "t", true, `PodGroup rejected: Workload "none" not found`},
		{"one that goes", "leaving", "t", true, `PodGroup rejected: Workload "leaving" is being deleted`},
		{"the store is away", "broken", "t", true, "Internal error occurred: the store is away"},
		{"the gate is off", "none", "t", false, ""},
	} {
		g := group("g", false, "")
		if c.workload != "" {
			g.Spec.PodGroupTemplateRef = &schedulingv1alpha2.PodGroupTemplateReference{Workload: &schedulingv1alpha2.WorkloadPodGroupTemplateReference{WorkloadName: c.workload, PodGroupTemplateName: c.template}}
		}
		p := newPodGroupWorkloadExists(&Deps{Cached: admissiontest.World{}, Live: w, Enabled: func(string) bool { return c.gate }})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podGroups, g, nil)), c.want)
	}
}

func TestJobValidation(t *testing.T) {
	jobs := schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	w := admissiontest.World{}
	w.Add("podgroups", group("gang", true, ""))
	w.Add("podgroups", group("loose", false, ""))
	owned := admissiontest.World{}
	owned.Add("podgroups", group("other", true, ""))
	owned.Add("podgroups", group("mine", true, "job"))
	job := func(n int32, in *string) *batchv1.Job {
		j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "j", UID: "uid-job"}, Spec: batchv1.JobSpec{Parallelism: &n}}
		if in != nil {
			j.Spec.Template.Spec.SchedulingGroup = &corev1.PodSchedulingGroup{PodGroupName: in}
		}
		return j
	}
	for _, c := range []struct {
		name     string
		is, was  int32
		in       *string
		world    admissiontest.World
		disabled bool
		want     string
	}{
		{"in a gang", 2, 1, number("gang"), w, false, `jobs.batch "j" is forbidden: cannot change parallelism for a Job referencing gang-scheduled PodGroup "gang"`},
		{"in a gang, unchanged", 1, 1, number("gang"), w, false, ""},
		{"in no gang", 2, 1, number("loose"), w, false, ""},
		{"in a group that is not there", 2, 1, number("none"), w, false, ""},
		{"with a gang of its own", 2, 1, nil, owned, false, `gang-scheduled PodGroup "mine"`},
		{"with none of its own", 2, 1, nil, w, false, ""},
		{"the gate is off", 2, 1, number("gang"), w, true, ""},
	} {
		p := newJobValidation(&Deps{Cached: c.world, Enabled: func(string) bool { return !c.disabled }})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, jobs, job(c.is, c.in), job(c.was, c.in))), c.want)
	}
}

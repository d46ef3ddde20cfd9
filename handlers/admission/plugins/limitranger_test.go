package plugins

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
)

// limited is a world in which namespace ns has limit ranges of these items, in YAML.
func limited(t *testing.T, items ...string) admissiontest.World {
	t.Helper()
	w := admissiontest.World{}
	for i, item := range items {
		r := &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprint("r", i)}}
		if err := yaml.UnmarshalStrict([]byte(item), &r.Spec); err != nil {
			t.Fatal(err)
		}
		w.Add("limitranges", r)
	}
	return w
}

func TestLimitRangerDefaults(t *testing.T) {
	const both = "limits: [{type: Container, default: {cpu: 1, memory: 1Gi}, defaultRequest: {cpu: 100m}}, {type: Pod, default: {cpu: 9}}]"
	for _, c := range []struct {
		name, spec, note, want string
		ranges                 []string
	}{
		{"nothing is said", "{initContainers: [{name: i}], containers: [{name: a}]}",
			"LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a; cpu request for init container i; cpu, memory limit for init container i",
			`{"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m"}}}],"initContainers":[{"name":"i","resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m"}}}]}`, []string{both}},
		{"something is said", "containers: [{name: a, resources: {limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 2}}}]", "", `{"containers":[{"name":"a","resources":{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"2"}}}]}`, []string{both}},
		{"the first of two ranges", "containers: [{name: a}]", "LimitRanger plugin set: cpu limit for container a", `{"containers":[{"name":"a","resources":{"limits":{"cpu":"1"}}}]}`,
			[]string{"limits: [{type: Container, default: {cpu: 1}}]", "limits: [{type: Container, default: {cpu: 2}}]"}},
		{"none", "containers: [{name: a}]", "", `{"containers":[{"name":"a","resources":{}}]}`, nil},
	} {
		w := limited(t, c.ranges...)
		o := pod(t, c.spec)
		p := newLimitRanger(&Deps{Cached: admissiontest.World{}, Live: w}).(*LimitRanger)
		admissiontest.Check(t, c.name, p.Admit(t.Context(), admissiontest.Request(admission.Create, podsResource, o, nil)), "")
		if got := o.Annotations[limitRangerAnnotation]; got != c.note {
			t.Errorf("%s: %q", c.name, got)
		}
		if got := shown(t, o.Spec); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestLimitRangerRefuses(t *testing.T) {
	const container, whole, of = "containers: [{name: a, resources: {requests: {cpu: %s}, limits: {cpu: %s}}}]", "limits: [{type: Pod, %s}]", "limits: [{type: Container, %s}]"
	for _, c := range []struct{ name, item, spec, want string }{
		{"within", fmt.Sprintf(of, "min: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 2}"), fmt.Sprintf(container, "1", "2"), ""},
		{"too little", fmt.Sprintf(of, "min: {cpu: 1}"), fmt.Sprintf(container, "500m", "2"), `pods "x" is forbidden: minimum cpu usage per Container is 1, but request is 500m`},
		{"too low a limit", fmt.Sprintf(of, "min: {cpu: 1}"), fmt.Sprintf(container, "1", "999m"), "minimum cpu usage per Container is 1, but limit is 999m"},
		{"no request", fmt.Sprintf(of, "min: {memory: 1Gi}"), fmt.Sprintf(container, "1", "1"), "minimum memory usage per Container is 1Gi.  No request is specified"},
		{"too much", fmt.Sprintf(of, "max: {cpu: 1}"), fmt.Sprintf(container, "1", "2"), "maximum cpu usage per Container is 1, but limit is 2"},
		{"too large a request", fmt.Sprintf(of, "max: {cpu: 1}"), fmt.Sprintf(container, "2", "1"), "maximum cpu usage per Container is 1, but request is 2"},
		{"no limit", fmt.Sprintf(of, "max: {memory: 1Gi}"), fmt.Sprintf(container, "1", "1"), "maximum memory usage per Container is 1Gi.  No limit is specified"},
		{"the ratio", fmt.Sprintf(of, "maxLimitRequestRatio: {cpu: 1500m}"), fmt.Sprintf(container, "1", "2"), "cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000"},
		{"a ratio to nothing", fmt.Sprintf(of, "maxLimitRequestRatio: {cpu: 2}"), fmt.Sprintf(container, "0", "2"), "but no request is specified or request is 0"},
		{"a ratio of nothing", fmt.Sprintf(of, "maxLimitRequestRatio: {cpu: 2}"), fmt.Sprintf(container, "1", "0"), "but no limit is specified or limit is 0"},
		{"too large for thousandths", fmt.Sprintf(of, "max: {cpu: 1E}"), fmt.Sprintf(container, "1", "2E"), "maximum cpu usage per Container is 1E, but limit is 2E"},
		{"several", fmt.Sprintf(of, "max: {cpu: 1}, min: {cpu: 900m}"), fmt.Sprintf(container, "1m", "2"), "[minimum cpu usage per Container is 900m, but request is 1m, maximum cpu usage per Container is 1, but limit is 2]"},
		{"an init container", fmt.Sprintf(of, "max: {cpu: 1}"), "initContainers: [{resources: {limits: {cpu: 3}}}]", "but limit is 3"},
		{"all together", fmt.Sprintf(whole, "max: {cpu: 3}"), "containers: [{resources: {limits: {cpu: 2}}}, {resources: {limits: {cpu: 2}}}]", "maximum cpu usage per Pod is 3, but limit is 4"},
		{"the pod's own sum", fmt.Sprintf(whole, "max: {cpu: 3}"), "{resources: {limits: {cpu: 5}}, containers: [{resources: {limits: {cpu: 2}}}]}", "but limit is 5"},
		{"a claim's", "limits: [{type: PersistentVolumeClaim, max: {storage: 1Gi}}]", "{}", ""},
	} {
		p := newLimitRanger(&Deps{Cached: limited(t, c.item), Live: limited(t)})
		o := pod(t, c.spec)
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil)), c.want)
		admissiontest.Check(t, c.name+" resized", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("resize"), o, o)), c.want)
		admissiontest.Check(t, c.name+" changed", admissiontest.Run(p, admissiontest.Request(admission.Update, podsResource, o, o)), "")
		leaving := o.DeepCopy()
		now := metav1.Now()
		leaving.DeletionTimestamp = &now
		admissiontest.Check(t, c.name+" leaving", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("resize"), o, leaving)), "")
	}
	broken := newLimitRanger(&Deps{Cached: admissiontest.World{"limitranges/ns/b": nil}})
	admissiontest.Check(t, "the store is away", admissiontest.Run(broken, admissiontest.Request(admission.Create, podsResource, pod(t, "{}"), nil)),
		`pods "x" is forbidden: unable to CREATE /v1, Resource=pods at this time because there was an error enforcing limit ranges`)
}

func TestLimitRangerOfClaims(t *testing.T) {
	sized := claim(nil, nil)
	sized.Spec.Resources.Requests = map[string]resource.Quantity{"storage": resource.MustParse("2Gi")}
	for _, c := range []struct {
		name, item string
		claim      *corev1.PersistentVolumeClaim
		want       string
	}{
		{"within", "min: {storage: 1Gi}, max: {storage: 2Gi}", sized, ""},
		{"too small", "min: {storage: 3Gi}", sized, `persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 3Gi, but request is 2Gi`},
		{"too large", "max: {storage: 1Gi}", sized, "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"},
		{"no size", "max: {storage: 1Gi}", claim(nil, nil), "maximum storage usage per PersistentVolumeClaim is 1Gi.  No request is specified"},
	} {
		p := newLimitRanger(&Deps{Cached: limited(t, "limits: [{type: PersistentVolumeClaim, "+c.item+"}]")})
		for _, op := range []admission.Operation{admission.Create, admission.Update} {
			admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(op, claims, c.claim, nil)), c.want)
		}
	}
}

// A pod of very many containers is refused quickly, and in a message of some length.
func TestLimitRangerIsBounded(t *testing.T) {
	o := podIn("ns")
	o.Spec.Containers = make([]corev1.Container, 20_000)
	for i := range o.Spec.Containers {
		o.Spec.Containers[i].Resources.Requests = map[string]resource.Quantity{"cpu": *resource.NewMilliQuantity(int64(i), resource.DecimalSI)}
	}
	p := newLimitRanger(&Deps{Cached: limited(t, "limits: [{type: Container, min: {cpu: 9000}}, {type: Pod, min: {cpu: 9000000000}}]")})
	err := admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil))
	if err == nil || len(err.Error()) > 100_000 || !strings.Contains(err.Error(), "but request is 499m") {
		t.Errorf("%.300v", err)
	}
}

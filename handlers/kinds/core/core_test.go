package core

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/fields"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const claimDiff = `@@ -1,12 +1,12 @@
 {
  "AccessModes": [
-  "ReadWriteOnce"
+  "ReadOnlyMany"
  ],
  "Selector": null,
  "Resources": {
   "Limits": null,
   "Requests": {
-   "storage": "1Gi"
+   "storage": "500Mi"
   }
  },
  "VolumeName": "",
`

// The texts are upstream's.
func TestCoreRules(t *testing.T) {
	claim := func(mode, size, more string) string {
		return `{spec: {accessModes: [` + mode + `], resources: {requests: {storage: ` + size + `}}` + more + `}`
	}
	const specFixed = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "persistentvolumeclaims", `{spec: {}}`, "", []string{
			"spec.accessModes: Required value: at least 1 access mode is required", "spec.resources[storage]: Required value"}),
		kindtest.New("v1", "persistentvolumeclaims", claim("ReadWriteOncePod, ReadWriteOnce", "0", "}"), "", []string{
			"spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes", `spec.resources[storage]: Invalid value: "0": must be greater than zero`}),
		kindtest.New("v1", "persistentvolumeclaims", claim("ReadOnlyMany", "500Mi", "}"), claim("ReadWriteOnce", "1Gi", "}"), []string{specFixed + claimDiff}),
		kindtest.New("v1", "persistentvolumeclaims", claim("ReadWriteOnce", "1Gi", ", volumeName: v}"), claim("ReadWriteOnce", "1Gi", "}"), nil),
		kindtest.New("v1", "persistentvolumeclaims", claim("ReadWriteOnce", "2Gi", "}, status: {phase: Bound}"), claim("ReadWriteOnce", "1Gi", "}, status: {phase: Bound}"), nil),
		kindtest.New("v1", "persistentvolumeclaims", claim("ReadWriteOnce", "1Gi", "}, status: {phase: Bound}"), claim("ReadWriteOnce", "2Gi", "}, status: {phase: Bound, capacity: {storage: 1Gi}}"), []string{
			"spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"}),
		kindtest.New("v1", "persistentvolumes", `{spec: {capacity: {storage: 1Gi}}}`, "", []string{"spec.accessModes: Required value", "spec: Required value: must specify a volume type"}),
		kindtest.New("v1", "persistentvolumes", `{spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}, nfs: {path: /a}}}`, "", []string{"spec.nfs: Forbidden: may not specify more than 1 volume type"}),
		kindtest.New("v1", "persistentvolumes", `{spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}, persistentVolumeReclaimPolicy: Delete, claimRef: {name: c}}}`, `{spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}, persistentVolumeReclaimPolicy: Retain}}`, nil),
		kindtest.New("v1", "nodes", `{spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule, value: b}]}}`, "", []string{
			`metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair`}),
		kindtest.New("v1", "nodes", `{spec: {podCIDRs: [10.0.1.0/24], providerID: b, externalID: x}, status: {addresses: [{type: A, address: a}, {type: A, address: a}]}}`, `{spec: {podCIDRs: [10.0.0.0/24], providerID: a}}`, []string{
			`status.addresses[1]: Duplicate value: {"Type":"A","Address":"a"}`,
			`spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`,
			`spec.providerID: Forbidden: node updates may not change providerID except from "" to valid`, "spec.externalID: Forbidden: may not be updated"}),
		kindtest.New("v1", "nodes", `{spec: {podCIDRs: [10.0.1.0/24], providerID: b}}`, `{}`, nil),
		kindtest.New("v1", "resourcequotas", `{spec: {scopes: [Terminating, BestEffort]}}`, `{spec: {scopes: [BestEffort, Terminating]}}`, nil),
		kindtest.New("v1", "resourcequotas", `{spec: {scopes: [Terminating]}}`, `{spec: {}}`, []string{`spec.scopes: Invalid value: ["Terminating"]: field is immutable`}),
		kindtest.New("v1", "events", `{metadata: {namespace: a}, involvedObject: {namespace: b}}`, "", []string{`involvedObject.namespace: Invalid value: "b": does not match event.namespace`}),
		kindtest.New("v1", "events", `{metadata: {namespace: default}}`, "", nil),
		kindtest.New("v1", "events", `{metadata: {namespace: default}, eventTime: "2026-01-02T03:04:05.000000Z"}`, "", []string{
			"reportingComponent: Required value",
			`reportingComponent: Invalid value: "": name part must be non-empty`,
			`reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
			"reportingInstance: Required value", "action: Required value", "reason: Required value"}),
	})
}

func TestCorePreparations(t *testing.T) {
	pv := &corev1.PersistentVolume{}
	pv.Status.Phase = "Bound"
	if err := hooks(t, "v1", "persistentvolumes", "").PrepareForCreate(t.Context(), kindtest.Attempt(), pv); err != nil || pv.Status.Phase != "Pending" || !pv.Status.LastPhaseTransitionTime.Time.Equal(kindtest.Time) {
		t.Errorf("%+v %v", pv.Status, err)
	}
	status := hooks(t, "v1", "persistentvolumes", "status")
	bound := object.Copy(pv)
	bound.Status.Phase = "Bound"
	old := object.Copy(pv)
	old.Status.LastPhaseTransitionTime = nil
	bound.Status.LastPhaseTransitionTime = nil
	if err := status.PrepareStatus(t.Context(), kindtest.Attempt(), bound, old); err != nil || bound.Status.LastPhaseTransitionTime == nil {
		t.Errorf("%+v %v", bound.Status, err)
	}
	same := object.Copy(pv)
	same.Status.LastPhaseTransitionTime = nil
	if err := status.PrepareStatus(t.Context(), kindtest.Attempt(), same, pv); err != nil || same.Status.LastPhaseTransitionTime == nil {
		t.Errorf("%+v %v", same.Status, err)
	}

	claims := hooks(t, "v1", "persistentvolumeclaims", "")
	for _, c := range []struct {
		text          string
		source, refed bool
	}{
		{`{spec: {dataSource: {kind: PersistentVolumeClaim, name: a}}}`, true, true},
		{`{spec: {dataSource: {kind: Foo, name: a}}}`, false, false},
		{`{spec: {dataSourceRef: {kind: Foo, name: a}}}`, true, true},
		{`{spec: {dataSourceRef: {kind: Foo, name: a, namespace: other}}}`, false, false},
	} {
		o := kindtest.Parse[corev1.PersistentVolumeClaim](t, c.text)
		if err := claims.PrepareForCreate(t.Context(), kindtest.Attempt(), o); err != nil || (o.Spec.DataSource != nil) != c.source || (o.Spec.DataSourceRef != nil) != c.refed {
			t.Errorf("%s: %+v %v", c.text, o.Spec, err)
		}
	}

	account := kindtest.Parse[corev1.ServiceAccount](t, `{metadata: {annotations: {kubernetes.io/enforce-mountable-secrets: "true"}}, secrets: [{name: a, namespace: b}]}`)
	s := hooks(t, "v1", "serviceaccounts", "")
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), account); err != nil || account.Secrets[0] != (corev1.ObjectReference{Name: "a"}) {
		t.Errorf("%+v %v", account.Secrets, err)
	}
	if w := s.Warnings(t.Context(), account, nil); len(w) != 1 || !strings.Contains(w[0], "deprecated in v1.32+") || s.Warnings(t.Context(), account, account) != nil {
		t.Errorf("%q", w)
	}
	a, b := hooks(t, "v1", "limitranges", "").NewName(nil), hooks(t, "v1", "limitranges", "").NewName(nil)
	if len(a) != 36 || a == b {
		t.Errorf("%q %q", a, b)
	}
	node := kindtest.Parse[corev1.Node](t, `{spec: {podCIDR: 10.0.0.0/24}}`)
	if err := hooks(t, "v1", "nodes", "").PrepareForCreate(t.Context(), kindtest.Attempt(), node); err != nil || len(node.Spec.PodCIDRs) != 1 {
		t.Errorf("%+v %v", node.Spec, err)
	}
}

func TestSelectable(t *testing.T) {
	for _, c := range []struct {
		resource string
		o        object.Object
		want     fields.Set
	}{
		{"namespaces", kindtest.Parse[corev1.Namespace](t, `{status: {phase: Active}}`), fields.Set{"status.phase": "Active"}},
		{"nodes", kindtest.Parse[corev1.Node](t, `{spec: {unschedulable: true}}`), fields.Set{"spec.unschedulable": "true"}},
		{"secrets", kindtest.Parse[corev1.Secret](t, `{type: Opaque}`), fields.Set{"type": "Opaque"}},
		{"replicationcontrollers", kindtest.Parse[corev1.ReplicationController](t, `{status: {replicas: 3}}`), fields.Set{"status.replicas": "3"}},
		{"events", kindtest.Parse[corev1.Event](t, `{reportingComponent: c, involvedObject: {kind: Pod}, type: Normal}`), fields.Set{"source": "c", "reportingComponent": "c", "involvedObject.kind": "Pod", "type": "Normal"}},
		{"events", kindtest.Parse[corev1.Event](t, `{reportingComponent: c, source: {component: d}}`), fields.Set{"source": "d"}},
	} {
		got := hooks(t, "v1", c.resource, "").Fields(c.o)
		for k, want := range c.want {
			if v, ok := got[k]; !ok || v != want {
				t.Errorf("%s %s = %q, want %q", c.resource, k, v, want)
			}
		}
	}
	if hooks(t, "v1", "configmaps", "").Fields != nil {
		t.Error("config maps have selectable fields")
	}
}

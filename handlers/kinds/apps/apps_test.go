package apps

import (
	"slices"
	"testing"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const always = `metadata: {labels: {a: b}}, spec: {restartPolicy: Always, containers: [{name: a, image: b}]}`

func TestAppsRules(t *testing.T) {
	deployment := func(spec string) string { return `{spec: {selector: {matchLabels: {a: b}}, ` + spec + `}}` }
	const claims = `volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "deployments", deployment(`strategy: {type: Recreate}, template: {`+always+`}`), "", nil),
		kindtest.New("v1", "deployments", `{spec: {selector: {}, progressDeadlineSeconds: 1, minReadySeconds: 2, strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 0}},
			template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, activeDeadlineSeconds: 5, containers: [{name: a, volumeMounts: [{name: x, mountPath: /a}]},{name: a}]}}}}`, "", []string{
			"spec.selector: Invalid value: {}: empty selector is invalid for deployment",
			`spec.template.spec.containers[0].volumeMounts[0].name: Not found: "x"`,
			`spec.template.spec.containers[1].name: Duplicate value: "a"`,
			`spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`,
			"spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
			"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
			"spec.progressDeadlineSeconds: Invalid value: 1: must be greater than minReadySeconds"}),
		kindtest.New("v1", "deployments", deployment(`strategy: {type: Recreate, rollingUpdate: {}}, template: {metadata: {labels: {a: c}}, spec: {restartPolicy: Always}}`), "", []string{
			"spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`",
			"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"}),
		kindtest.New("v1", "deployments", deployment(`strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 101%, maxSurge: x}}, template: {`+always+`}`), "", []string{
			`spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%`,
			`spec.strategy.rollingUpdate.maxSurge: Invalid value: "x": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`}),
		kindtest.New("v1", "replicasets", `{spec: {template: {`+always+`}}}`, "", []string{"spec.selector: Required value",
			`spec.template.metadata.labels: Invalid value: {"a":"b"}: ` + "`selector` does not match template `labels`"}),
		kindtest.New("v1", "daemonsets", `{spec: {updateStrategy: {type: OnDelete}, template: {`+always+`}}}`, "", []string{
			`spec.template.metadata.labels: Invalid value: {"a":"b"}: ` + "`selector` does not match template `labels`"}),
		kindtest.New("v1", "statefulsets", `{spec: {selector: {matchExpressions: [{key: a, operator: X}]}, template: {`+always+`}}}`, "", []string{
			`spec.selector.matchExpressions[0].operator: Invalid value: "X": not a valid selector operator`,
			`spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"X"}]}`}),
		kindtest.New("v1", "daemonsets", `{spec: {selector: {matchLabels: {a: c}}, updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}, template: {`+always+`}}}`, "", []string{
			"spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`",
			"spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"}),
		kindtest.New("v1", "daemonsets", deployment(`updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 0%}}, template: {`+always+`}`), "", []string{
			"spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"}),
		kindtest.New("v1", "statefulsets", deployment(`updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}, volumeClaimTemplates: [{metadata: {name: v}}],
			template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Always, containers: [{name: a, volumeMounts: [{name: v, mountPath: /a}]}]}}`), "", []string{
			`spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'`,
			"spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
			"spec.volumeClaimTemplates[0].spec.resources[storage]: Required value"}),
		kindtest.New("v1", "statefulsets", deployment(`replicas: 3, minReadySeconds: 5, `+claims+`, template: {`+always+`}`), deployment(claims+`, template: {`+always+`}`), nil),
		kindtest.New("v1", "statefulsets", deployment(`serviceName: x, template: {`+always+`}`), deployment(`template: {`+always+`}`), []string{
			"spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"}),
		kindtest.New("v1", "controllerrevisions", `{data: {a: b}}`, "", nil),
		kindtest.New("v1", "controllerrevisions", `{data: [1]}`, "", []string{"data: Required value: data must be a valid JSON object"}),
		kindtest.New("v1", "controllerrevisions", `{}`, "", []string{"data: Required value: data is mandatory"}),
	})
}

func TestGenerations(t *testing.T) {
	s := hooks(t, "v1", "deployments", "")
	old, labeled, annotated := &appsv1.Deployment{}, &appsv1.Deployment{}, &appsv1.Deployment{}
	labeled.Labels, annotated.Annotations = map[string]string{"a": "b"}, map[string]string{"a": "b"}
	if s.Changed(labeled, old) || !s.Changed(annotated, old) {
		t.Error("a deployment's generation follows its annotations and not its labels")
	}
}

func TestDaemonSetTemplateGeneration(t *testing.T) {
	s := hooks(t, "v1", "daemonsets", "")
	const note = "deprecated.daemonset.template.generation"
	o := &appsv1.DaemonSet{}
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), o); err != nil || o.Annotations[note] != "1" {
		t.Errorf("%v %v", o.Annotations, err)
	}
	for _, c := range []struct {
		image, want string
	}{{"", "1"}, {"x", "2"}} {
		now := &appsv1.DaemonSet{}
		if c.image != "" {
			now.Spec.Template.Spec.Containers = []corev1.Container{{Image: c.image}}
		}
		if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), now, o); err != nil || now.Annotations[note] != c.want {
			t.Errorf("%q: %v %v", c.image, now.Annotations, err)
		}
	}
}

func TestReplicaCounts(t *testing.T) {
	old, now := &appsv1.Deployment{}, &appsv1.Deployment{}
	n := int32(3)
	old.Status.CollisionCount = &n
	now.Status = appsv1.DeploymentStatus{Replicas: 1, ReadyReplicas: 2, AvailableReplicas: 3}
	want := []string{"status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
		"status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
		"status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas",
		"status.collisionCount: Invalid value: 0: cannot be decremented"}
	if got := kindtest.Verdict(hooks(t, "v1", "deployments", "status"), now, old); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	set, rs := &appsv1.StatefulSet{}, &appsv1.ReplicaSet{}
	set.Status.CurrentReplicas, rs.Status.FullyLabeledReplicas = 1, 1
	for _, c := range []struct {
		resource, want string
		o              object.Object
	}{
		{"statefulsets", "status.currentReplicas: Invalid value: 1: cannot be greater than status.replicas", set},
		{"replicasets", "status.fullyLabeledReplicas: Invalid value: 1: cannot be greater than status.replicas", rs},
	} {
		if got := kindtest.Verdict(hooks(t, "v1", c.resource, "status"), c.o, object.Copy(c.o)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q", c.resource, got)
		}
	}
}

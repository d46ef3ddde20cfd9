package core

import (
	"slices"
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestTemplates(t *testing.T) {
	const always = `metadata: {labels: {a: b}}, spec: {restartPolicy: Always, containers: [{name: a, image: b}]}`
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "replicationcontrollers", `{spec: {selector: {a: c}, template: {`+always+`}}}`, "", []string{
			"spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"}),
		kindtest.New("v1", "replicationcontrollers", `{}`, "", []string{"spec.selector: Required value", "spec.template: Required value"}),
		kindtest.New("v1", "podtemplates", `{template: {spec: {ephemeralContainers: [{name: a}]}}}`, "", []string{"template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template"}),
	})
}

func TestReplicationControllers(t *testing.T) {
	rc := &corev1.ReplicationController{}
	rc.Status.ReadyReplicas = 1
	want := []string{"status.readyReplicas: Invalid value: 1: cannot be greater than status.replicas"}
	if got := kindtest.Verdict(hooks(t, "v1", "replicationcontrollers", "status"), rc, rc); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

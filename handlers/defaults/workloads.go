package defaults

import (
	"math"

	"k8s.io/apimachinery/pkg/util/intstr"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
)

const rollingUpdate = "RollingUpdate"

func deployment(d *appsv1.Deployment) {
	if s := &d.Spec.Strategy; (s.Type == "" || s.Type == rollingUpdate) && s.RollingUpdate == nil {
		s.RollingUpdate = &appsv1.RollingUpdateDeployment{}
	}
	podTemplateSpec(&d.Spec.Template)
	d.SetDefaults()
}

func replicaSet(r *appsv1.ReplicaSet) {
	podTemplateSpec(&r.Spec.Template)
	r.SetDefaults()
}

// daemonSet fills the rolling update when it is used; the other strategy may carry one without effect, whose absent numbers
// are zero.
func daemonSet(d *appsv1.DaemonSet) {
	d.SetDefaults()
	if s := &d.Spec.UpdateStrategy; s.Type == rollingUpdate {
		setIfNil(&s.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		setIfNil(&s.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
	}
	if r := d.Spec.UpdateStrategy.RollingUpdate; r != nil {
		setIfNil(&r.MaxUnavailable, intstr.FromInt32(0))
		setIfNil(&r.MaxSurge, intstr.FromInt32(0))
	}
	podTemplateSpec(&d.Spec.Template)
}

// statefulSet makes a rolling update only for a writer who named no strategy at all.
func statefulSet(s *appsv1.StatefulSet) {
	if s.Spec.UpdateStrategy.Type == "" {
		setIfNil(&s.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	podTemplateSpec(&s.Spec.Template)
	for i := range s.Spec.VolumeClaimTemplates {
		c := &s.Spec.VolumeClaimTemplates[i]
		c.APIVersion, c.Kind = "v1", "PersistentVolumeClaim"
	}
	s.SetDefaults()
}

func job(j *batchv1.Job) {
	s := &j.Spec
	if s.Completions == nil && s.Parallelism == nil {
		setIfNil(&s.Completions, 1)
	}
	setIfNil(&s.Parallelism, 1)
	if s.BackoffLimitPerIndex != nil {
		// A limit per index leaves the limit for the whole open.
		setIfNil(&s.BackoffLimit, math.MaxInt32)
	}
	setIfNil(&s.BackoffLimit, 6)
	if len(j.Labels) == 0 {
		// The very map, as in the original: the labels that a new job's template still gets are then the job's too.
		j.Labels = s.Template.Labels
	}
	setIfNil(&s.CompletionMode, "NonIndexed")
	setIfNil(&s.Suspend, false)
	if s.PodFailurePolicy != nil {
		setIfNil(&s.PodReplacementPolicy, "Failed")
	}
	setIfNil(&s.PodReplacementPolicy, "TerminatingOrFailed")
	setIfNil(&s.ManualSelector, false)
	podTemplateSpec(&s.Template)
	j.SetDefaults()
}

// cronJob leaves the job template alone, except for its pods: it is defaulted when a job is made of it.
func cronJob(c *batchv1.CronJob) {
	podTemplateSpec(&c.Spec.JobTemplate.Spec.Template)
	c.SetDefaults()
}

package warnings

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const ofPods = "Pod names and hostnames"

// workload is about what makes pods. An update is only spoken of when it changes what its generation counts.
func workload(o, old object.Object) (out []string) {
	changed := old == nil || o.GetGeneration() != old.GetGeneration()
	if old == nil && !ofSet(o) {
		out = hostname(ofPods, o)
	}
	path := spec.Child("template")
	switch o := o.(type) {
	case *appsv1.Deployment:
		return append(out, when(changed, &o.Spec.Template, path)...)
	case *appsv1.ReplicaSet:
		return append(out, when(changed, &o.Spec.Template, path)...)
	case *appsv1.DaemonSet:
		was, update := old.(*appsv1.DaemonSet)
		changed = !update || !equality.Semantic.DeepEqual(was.Spec.Template, o.Spec.Template)
		return when(changed, &o.Spec.Template, path)
	case *appsv1.StatefulSet:
		return statefulSet(o, when(changed, &o.Spec.Template, path), old != nil)
	case *batchv1.Job:
		if changed {
			out = append(out, job(&o.Spec, spec)...)
		}
	case *batchv1.CronJob:
		if changed {
			out = append(out, job(&o.Spec.JobTemplate.Spec, spec.Child("jobTemplate", "spec"))...)
		}
		if old != nil && strings.Contains(o.Spec.Schedule, "TZ") {
			out = append(out, "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
		}
	}
	return out
}

// ofSet: names of sets are checked where they matter, so that nothing is left to say.
func ofSet(o object.Object) bool {
	switch o.(type) {
	case *appsv1.StatefulSet, *appsv1.DaemonSet:
		return true
	}
	return false
}

func when(changed bool, t *corev1.PodTemplateSpec, path *field.Path) []string {
	if !changed {
		return nil
	}
	return podSpec(path, &t.Spec, &t.ObjectMeta)
}

func statefulSet(o *appsv1.StatefulSet, out []string, update bool) []string {
	for i := range o.Spec.VolumeClaimTemplates {
		at := spec.Child("volumeClaimTemplates").Index(i)
		if update {
			at = at.Child("Spec") // as the original writes it here, and only here
		}
		out = append(out, claimSpec(&o.Spec.VolumeClaimTemplates[i].Spec, at)...)
	}
	if l := o.Spec.RevisionHistoryLimit; l != nil && *l < 0 {
		out = append(out, "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
	}
	return out
}

// Numbers above which the failed indexes of a job may not fit into its status.
const manyCompletions, manyParallel = 100000, 10000

func job(s *batchv1.JobSpec, path *field.Path) (out []string) {
	more := func(n *int32, than int32) bool { return n != nil && *n > than }
	if s.CompletionMode != nil && *s.CompletionMode == "Indexed" && more(s.Completions, manyCompletions) && more(s.Parallelism, manyParallel) {
		out = append(out, said(path, "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"))
	}
	return append(out, podSpec(path.Child("template"), &s.Template.Spec, &s.Template.ObjectMeta)...)
}

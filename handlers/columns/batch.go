package columns

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
)

func jobStatus(j *batchv1.Job) string {
	is := func(condition string) bool {
		for _, c := range j.Status.Conditions {
			if c.Type == condition {
				return c.Status == "True"
			}
		}
		return false
	}
	switch {
	case is("Complete"):
		return "Complete"
	case is("Failed"):
		return "Failed"
	case j.DeletionTimestamp != nil:
		return "Terminating"
	case is("Suspended"):
		return "Suspended"
	case is("FailureTarget"):
		return "FailureTarget"
	case is("SuccessCriteriaMet"):
		return "SuccessCriteriaMet"
	}
	return "Running"
}

func jobCompletions(j *batchv1.Job) string {
	switch {
	case j.Spec.Completions != nil:
		return fmt.Sprintf("%d/%d", j.Status.Succeeded, *j.Spec.Completions)
	case j.Spec.Parallelism != nil && *j.Spec.Parallelism > 1:
		return fmt.Sprintf("%d/1 of %d", j.Status.Succeeded, *j.Spec.Parallelism)
	}
	return fmt.Sprintf("%d/1", j.Status.Succeeded)
}

func jobDuration(j *batchv1.Job, now time.Time) string {
	if j.Status.StartTime == nil {
		return ""
	}
	if j.Status.CompletionTime != nil {
		now = j.Status.CompletionTime.Time
	}
	return duration.HumanDuration(now.Sub(j.Status.StartTime.Time))
}

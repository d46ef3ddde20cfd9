package batch

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Conditions of a job. Those that end it are permanent.
const (
	complete, failed, failureTarget, success, suspended = "Complete", "Failed", "FailureTarget", "SuccessCriteriaMet", "Suspended"
)

// jobState has the true conditions of a job, and whether it has finished.
type jobState struct {
	*batchv1.JobStatus
	is       map[string]bool
	finished bool
}

func stateOf(o *batchv1.Job) jobState {
	s := jobState{JobStatus: &o.Status, is: map[string]bool{}}
	for _, c := range o.Status.Conditions {
		if c.Status == "True" {
			s.is[c.Type] = true
		}
	}
	s.finished = s.is[complete] || s.is[failed]
	return s
}

func (s jobState) denied(condition string) bool {
	for _, c := range s.Conditions {
		if c.Type == condition && c.Status == "False" {
			return true
		}
	}
	return false
}

// jobStatus validates the status against the guarantees for clients of jobs. A fault of the old status is tolerated, so that
// unrelated changes are possible.
func jobStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	counts := kind.Counts(row, "active", "succeeded", "failed", "ready", "terminating")
	s.ValidateUpdate = kind.CheckAllUpdate(counts, kind.CheckUpdate(func(o, old *batchv1.Job) field.ErrorList {
		now, was := stateOf(o), stateOf(old)
		errs := uncounted(now.UncountedTerminatedPods)
		errs = append(errs, jobConditions(o, now, was)...)
		errs = append(errs, jobIndexes(o, now, was)...)
		errs = append(errs, jobCounts(now, was)...)
		errs = append(errs, jobSuccess(o, now)...)
		return append(errs, jobTransition(o, now, was)...)
	}))
}

func uncounted(u *batchv1.UncountedTerminatedPods) (errs field.ErrorList) {
	if u == nil {
		return nil
	}
	seen := map[string]bool{}
	list := func(name string, uids []string) {
		for i, uid := range uids {
			at := status.Child("uncountedTerminatedPods", name).Index(i)
			switch {
			case uid == "":
				errs = append(errs, field.Invalid(at, uid, "must not be empty"))
			case seen[uid]:
				errs = append(errs, field.Duplicate(at, uid))
			}
			seen[uid] = true
		}
	}
	list("succeeded", u.Succeeded)
	list("failed", u.Failed)
	return errs
}

// conditionsFault is the error about contradicting conditions, without a value.
func conditionsFault(format string, args ...any) *field.Error {
	return field.Invalid(status.Child("conditions"), field.OmitValueType{}, fmt.Sprintf(format, args...))
}

func jobConditions(o *batchv1.Job, now, was jobState) (errs field.ErrorList) {
	completed := now.is[complete] != was.is[complete]
	ended := !sameTime(now.CompletionTime, was.CompletionTime)
	started := !sameTime(now.StartTime, was.StartTime)
	finished := now.finished != was.finished
	at := status.Child("completionTime")
	add := func(bad bool, e *field.Error) {
		if bad {
			errs = append(errs, e)
		}
	}
	add((completed || now.is[failed] != was.is[failed]) && now.is[complete] && now.is[failed], conditionsFault("cannot set Complete=True and Failed=true conditions"))
	add((completed || now.is[failureTarget] != was.is[failureTarget]) && now.is[complete] && now.is[failureTarget], conditionsFault("cannot set Complete=True and FailureTarget=true conditions"))
	add((completed || ended) && now.CompletionTime != nil && !now.is[complete], field.Invalid(at, now.CompletionTime, "cannot set completionTime when there is no Complete=True condition"))
	add((completed || ended) && now.CompletionTime == nil && now.is[complete], field.Required(at, "completionTime is required for Complete jobs"))
	add((started || ended) && now.StartTime != nil && now.CompletionTime != nil && now.CompletionTime.Before(now.StartTime), field.Invalid(at, now.CompletionTime, "must be equal to or after `startTime`"))
	add((now.is[failed] != was.is[failed] || !kind.SamePointed(now.FailedIndexes, was.FailedIndexes)) && now.is[failed] && !now.is[failureTarget],
		conditionsFault("cannot set Failed=True condition without the FailureTarget=true condition"))
	add((completed || now.is[success] != was.is[success]) && now.is[complete] && !now.is[success], conditionsFault("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"))
	add((finished || now.Active != was.Active) && now.Active > 0 && now.finished, field.Invalid(status.Child("active"), now.Active, "active>0 is invalid for finished job"))
	nothingToDo := o.Spec.Suspend != nil && *o.Spec.Suspend && o.Spec.Completions != nil && *o.Spec.Completions == 0
	add((finished || started) && !nothingToDo && now.StartTime == nil && now.finished, field.Required(status.Child("startTime"), "startTime is required for finished job"))
	u := now.UncountedTerminatedPods
	add((finished || !equality.Semantic.DeepEqual(u, was.UncountedTerminatedPods)) && now.finished && u != nil && len(u.Failed)+len(u.Succeeded) > 0,
		field.Invalid(status.Child("uncountedTerminatedPods"), display.Value(u), "must be empty for finished job"))
	return errs
}

func jobIndexes(o *batchv1.Job, now, was jobState) (errs field.ErrorList) {
	completedAt, failedAt := status.Child("completedIndexes"), status.Child("failedIndexes")
	completed, failures := now.CompletedIndexes != was.CompletedIndexes, !kind.SamePointed(now.FailedIndexes, was.FailedIndexes)
	n := o.Spec.Completions
	if completed && n != nil {
		if _, err := parseIndexes(now.CompletedIndexes, *n); err != nil {
			errs = append(errs, field.Invalid(completedAt, now.CompletedIndexes, "error parsing completedIndexes: "+err.Error()))
		}
	}
	if failures && n != nil && o.Spec.BackoffLimitPerIndex != nil && now.FailedIndexes != nil {
		if _, err := parseIndexes(*now.FailedIndexes, *n); err != nil {
			errs = append(errs, field.Invalid(failedAt, now.FailedIndexes, "error parsing failedIndexes: "+err.Error()))
		}
	}
	if completed && now.CompletedIndexes != "" && !isIndexed(&o.Spec) {
		errs = append(errs, field.Invalid(completedAt, now.CompletedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode"))
	}
	if failures && o.Spec.BackoffLimitPerIndex == nil && now.FailedIndexes != nil {
		errs = append(errs, field.Invalid(failedAt, *now.FailedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
	}
	if (failures || completed) && n != nil && now.FailedIndexes != nil {
		if i, both := commonIndex(now.CompletedIndexes, *now.FailedIndexes, *n); both {
			errs = append(errs, field.Invalid(failedAt, *now.FailedIndexes, fmt.Sprintf("failedIndexes and completedIndexes overlap at index: %d", i)))
		}
	}
	return errs
}

func jobCounts(now, was jobState) (errs field.ErrorList) {
	same := func(a, b *int32) bool { return equality.Semantic.DeepEqual(a, b) }
	if t := now.Terminating; (now.finished != was.finished || !same(t, was.Terminating)) && t != nil && *t > 0 && now.finished {
		errs = append(errs, field.Invalid(status.Child("terminating"), *t, "terminating>0 is invalid for finished job"))
	}
	if r := now.Ready; (!same(r, was.Ready) || now.Active != was.Active) && r != nil && *r > now.Active {
		errs = append(errs, field.Invalid(status.Child("ready"), *r, "cannot set more ready pods than active"))
	}
	return errs
}

func jobSuccess(o *batchv1.Job, now jobState) (errs field.ErrorList) {
	if now.is[success] && now.is[failed] {
		errs = append(errs, conditionsFault("cannot set SuccessCriteriaMet=True and Failed=true conditions"))
	}
	if now.is[success] && now.is[failureTarget] {
		errs = append(errs, conditionsFault("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"))
	}
	if o.Spec.SuccessPolicy != nil && !now.is[success] && now.is[complete] {
		errs = append(errs, conditionsFault("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"))
	}
	return errs
}

// jobTransition validates the change of a status: final conditions stay, counters of finished pods do not decrease, and times are
// set once.
func jobTransition(o *batchv1.Job, now, was jobState) (errs field.ErrorList) {
	for _, c := range []string{failed, complete, failureTarget} {
		if was.is[c] && !now.is[c] {
			errs = append(errs, conditionsFault("cannot disable the terminal %s=True condition", c))
		}
	}
	if now.Failed < was.Failed {
		errs = append(errs, field.Invalid(status.Child("failed"), now.Failed, "cannot decrease the failed counter"))
	}
	// Elastic indexed jobs, with parallelism equal to completions, can be scaled down.
	elastic := isIndexed(&o.Spec) && equality.Semantic.DeepEqual(o.Spec.Completions, o.Spec.Parallelism)
	if now.Succeeded < was.Succeeded && !elastic {
		errs = append(errs, field.Invalid(status.Child("succeeded"), now.Succeeded, "cannot decrease the succeeded counter"))
	}
	if now.CompletionTime != nil && was.CompletionTime != nil && !sameTime(now.CompletionTime, was.CompletionTime) {
		errs = append(errs, field.Invalid(status.Child("completionTime"), now.CompletionTime, kind.Immutable))
	}
	resumes := was.is[suspended] && now.denied(suspended)
	if was.StartTime != nil && !sameTime(now.StartTime, was.StartTime) && !resumes && (o.Spec.Suspend == nil || !*o.Spec.Suspend) {
		errs = append(errs, field.Invalid(status.Child("startTime"), now.StartTime, "field is immutable for unsuspended job once set"))
	}
	if was.is[success] && !now.is[success] {
		errs = append(errs, conditionsFault("cannot disable the SuccessCriteriaMet=True condition"))
	}
	if was.is[complete] && !was.is[success] && now.is[success] {
		errs = append(errs, conditionsFault("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"))
	}
	return errs
}

func sameTime(a, b *metav1.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}

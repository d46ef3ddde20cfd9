package batch

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var jobs = kind.Kind{
	Group: group, Resource: "jobs",
	Strategy:     jobStrategy,
	Subresources: map[string]kind.Strategy{"status": jobStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultJob)},
	Cells: kind.Cells{
		"jobCompletions": kind.CellOf(jobCompletions),
		"jobDuration":    kind.CellSince(jobDuration),
		"jobStatus":      kind.CellOf(jobPhase),
	},
}

// The labels of a job's pods, with and without their prefix, which is newer.
const (
	jobName, controllerUID             = "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"
	legacyJobName, legacyControllerUID = "job-name", "controller-uid"
)

const indexed = "Indexed"

func jobStrategy(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *batchv1.Job) error {
		if o.Spec.ManualSelector == nil || !*o.Spec.ManualSelector {
			selectOwnPods(o)
		}
		o.Labels = maps.Clone(o.Labels) // defaults may share the template's map
		return nil
	})
	s.ValidateWith = kind.CheckWith(func(o, old *batchv1.Job) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.Template
		}
		return jobSpec(d, &o.Spec, was, spec)
	})
	s.ValidateCreate = kind.Check(func(o *batchv1.Job) field.ErrorList {
		return append(append(ownSelector(o, true), podsSelected(o)...), hostnames(o)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *batchv1.Job) field.ErrorList {
		// Jobs of servers before 1.27 lack the prefixed labels.
		_, hadName := old.Spec.Template.Labels[jobName]
		_, hadUID := old.Spec.Template.Labels[controllerUID]
		errs := append(append(ownSelector(o, hadName && hadUID), podsSelected(o)...), hostnames(o)...)
		return append(errs, validateJobUpdate(o, old)...)
	})
	s.Warnings = kind.Warn(func(o, old *batchv1.Job) (out []string) {
		if old == nil {
			out = kind.HostnameWarning(podspec.NamesOfPods, o)
		}
		if old != nil && o.Generation == old.Generation {
			return out
		}
		return append(out, jobWarnings(&o.Spec, spec)...)
	})
	s.Fields = kind.WithFields(s.Fields, func(o *batchv1.Job, set fields.Set) { set["status.successful"] = fmt.Sprint(o.Status.Succeeded) })
}

// hostnames requires the pod names of an indexed job to be DNS labels. That of the last pod is the longest.
func hostnames(o *batchv1.Job) field.ErrorList {
	if !isIndexed(&o.Spec) || o.Spec.Completions == nil || *o.Spec.Completions <= 0 {
		return nil
	}
	host := fmt.Sprintf("%s-%d", o.Name, *o.Spec.Completions-1)
	if len(validation.IsDNS1123Label(host)) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), o.Name, "will not able to create pod with invalid DNS label: "+host)}
}

func isIndexed(s *batchv1.JobSpec) bool {
	return s.CompletionMode != nil && *s.CompletionMode == indexed
}

// selectOwnPods adds the job's labels to the template and selects by the uid. It does not overwrite the writer's values, which
// validation refuses if they differ.
func selectOwnPods(o *batchv1.Job) {
	keep := func(m *map[string]string, k, v string) {
		if *m == nil {
			*m = map[string]string{}
		}
		if _, ok := (*m)[k]; !ok {
			(*m)[k] = v
		}
	}
	for k, v := range map[string]string{jobName: o.Name, legacyJobName: o.Name, controllerUID: string(o.UID), legacyControllerUID: string(o.UID)} {
		keep(&o.Spec.Template.Labels, k, v)
	}
	if o.Spec.Selector == nil {
		o.Spec.Selector = &metav1.LabelSelector{}
	}
	keep(&o.Spec.Selector.MatchLabels, controllerUID, string(o.UID))
}

// podsSelected requires a selector that matches the template.
func podsSelected(o *batchv1.Job) (errs field.ErrorList) {
	if o.Spec.Selector == nil {
		errs = append(errs, field.Required(spec.Child("selector"), ""))
	} else {
		errs = append(errs, metavalidation.ValidateLabelSelector(o.Spec.Selector, metavalidation.LabelSelectorValidationOptions{}, spec.Child("selector"))...)
	}
	if sel, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !sel.Matches(labels.Set(o.Spec.Template.Labels)) {
		errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), o.Spec.Template.Labels, podspec.NoMatch))
	}
	return errs
}

// ownSelector refuses changes of a generated selector and its labels. prefixed requires the prefixed labels, too.
func ownSelector(o *batchv1.Job, prefixed bool) (errs field.ErrorList) {
	if o.Spec.ManualSelector != nil && *o.Spec.ManualSelector || o.Spec.Selector == nil {
		return nil
	}
	path := spec.Child("template", "metadata", "labels")
	want := map[string]string{legacyControllerUID: string(o.UID), legacyJobName: o.Name}
	need := []string{legacyControllerUID, legacyJobName}
	if prefixed {
		want[controllerUID], want[jobName] = string(o.UID), o.Name
		need = append(need, controllerUID, jobName)
	}
	for _, k := range need {
		switch v, ok := o.Spec.Template.Labels[k]; {
		case !ok:
			errs = append(errs, field.Required(path.Key(k), fmt.Sprintf("must be '%s'", want[k])))
		case v != want[k]:
			errs = append(errs, field.Invalid(path.Key(k), o.Spec.Template.Labels, fmt.Sprintf("must be '%s'", want[k])))
		}
	}
	if sel, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !sel.Matches(labels.Set(want)) {
		errs = append(errs, field.Invalid(spec.Child("selector"), o.Spec.Selector, "`selector` not auto-generated"))
	}
	return errs
}

// longestManager is how long the name of a controller may be that runs a job.
const longestManager = 63

// jobSpec judges a job, or what a cron job makes one of; was is the template that it replaces, or nil.
func jobSpec(d *kind.Deps, s *batchv1.JobSpec, was *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	errs := indexedJob(s, path)
	// The field rules stop at a name that is too long.
	if m := s.ManagedBy; m != nil && len(*m) > longestManager {
		errs = append(errs, validation.IsDomainPrefixedPath(path.Child("managedBy"), *m)...)
	}
	if s.MaxFailedIndexes != nil && s.BackoffLimitPerIndex == nil {
		errs = append(errs, field.Required(path.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
	}
	errs = append(errs, failurePolicy(s, path.Child("podFailurePolicy", "rules"))...)
	replacement := []string{"Failed", "TerminatingOrFailed"}
	if s.PodFailurePolicy != nil {
		replacement = replacement[:1]
	}
	if p := s.PodReplacementPolicy; p != nil && !slices.Contains(replacement, *p) {
		errs = append(errs, field.NotSupported(path.Child("podReplacementPolicy"), *p, replacement))
	}
	errs = append(errs, podspec.ValidateTemplate(d, &s.Template, was, path.Child("template"))...)
	at := path.Child("template", "spec", "restartPolicy")
	switch p := s.Template.Spec.RestartPolicy; {
	case p == "Always" || p == "":
		errs = append(errs, field.Required(at, `valid values: "OnFailure", "Never"`))
	case p != "OnFailure" && p != "Never":
		errs = append(errs, field.NotSupported(at, p, []string{"OnFailure", "Never"}))
	case p != "Never" && s.PodFailurePolicy != nil:
		errs = append(errs, field.Invalid(at, p, `only "Never" is supported when podFailurePolicy is specified`))
	}
	return errs
}

// Limits of indexed jobs.
const maxParallel, maxFailed, softCompletions, maxParallelAbove, maxFailedAbove = 100000, 100000, 100000, 10000, 10000

func indexedJob(s *batchv1.JobSpec, path *field.Path) (errs field.ErrorList) {
	if !isIndexed(s) {
		const why = "requires indexed completion mode"
		known := s.CompletionMode == nil || *s.CompletionMode == "NonIndexed"
		if known && s.BackoffLimitPerIndex != nil {
			errs = append(errs, field.Invalid(path.Child("backoffLimitPerIndex"), *s.BackoffLimitPerIndex, why))
		}
		if known && s.MaxFailedIndexes != nil {
			errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *s.MaxFailedIndexes, why))
		}
		if s.SuccessPolicy != nil {
			errs = append(errs, field.Invalid(path.Child("successPolicy"), display.Value(*s.SuccessPolicy), why))
		}
		return errs
	}
	if s.Completions == nil {
		errs = append(errs, field.Required(path.Child("completions"), "when completion mode is Indexed"))
	}
	if s.Parallelism != nil && *s.Parallelism > maxParallel {
		errs = append(errs, field.Invalid(path.Child("parallelism"), *s.Parallelism, fmt.Sprintf("must be less than or equal to %d when completion mode is Indexed", maxParallel)))
	}
	if f := s.MaxFailedIndexes; f != nil && s.Completions != nil && *f > *s.Completions {
		errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *f, "must be less than or equal to completions"))
	}
	if f := s.MaxFailedIndexes; f != nil && *f > maxFailed {
		errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *f, fmt.Sprintf("must be less than or equal to %d", maxFailed)))
	}
	if s.Completions != nil && *s.Completions > softCompletions && s.BackoffLimitPerIndex != nil {
		above := fmt.Sprintf("when completions are above %d and used with backoff limit per index", softCompletions)
		switch f := s.MaxFailedIndexes; {
		case f == nil:
			errs = append(errs, field.Required(path.Child("maxFailedIndexes"), fmt.Sprintf("must be specified when completions is above %d", softCompletions)))
		case *f > maxFailedAbove:
			errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *f, fmt.Sprintf("must be less than or equal to %d %s", maxFailedAbove, above)))
		}
		if s.Parallelism != nil && *s.Parallelism > maxParallelAbove {
			errs = append(errs, field.Invalid(path.Child("parallelism"), *s.Parallelism, fmt.Sprintf("must be less than or equal to %d %s", maxParallelAbove, above)))
		}
	}
	if s.SuccessPolicy != nil {
		errs = append(errs, successPolicy(s, path.Child("successPolicy", "rules"))...)
	}
	return errs
}

// Limits of success policies.
const maxSuccessRules, maxIndexesText = 20, 64 * 1024

func successPolicy(s *batchv1.JobSpec, path *field.Path) (errs field.ErrorList) {
	list := s.SuccessPolicy.Rules
	if len(list) == 0 {
		return field.ErrorList{field.Required(path, "at least one rules must be specified when the successPolicy is specified")}
	}
	if len(list) > maxSuccessRules {
		errs = append(errs, field.TooMany(path, len(list), maxSuccessRules))
	}
	var completions int32
	if s.Completions != nil {
		completions = *s.Completions
	}
	for i, r := range list {
		at, total := path.Index(i), 0
		if r.SucceededCount == nil && r.SucceededIndexes == nil {
			errs = append(errs, field.Required(at, "at least one of succeededCount or succeededIndexes must be specified"))
		}
		if text := r.SucceededIndexes; text != nil {
			if len(*text) > maxIndexesText {
				errs = append(errs, field.TooLong(at.Child("succeededIndexes"), "", maxIndexesText))
			}
			n, err := parseIndexes(*text, completions)
			if total = n; err != nil {
				errs = append(errs, field.Invalid(at.Child("succeededIndexes"), *text, "error parsing succeededIndexes: "+err.Error()))
			}
		}
		n, at := r.SucceededCount, at.Child("succeededCount")
		if n != nil && *n > completions {
			errs = append(errs, field.Invalid(at, *n, fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", completions)))
		}
		if n != nil && r.SucceededIndexes != nil && int(*n) > total {
			errs = append(errs, field.Invalid(at, *n, fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", total)))
		}
	}
	return errs
}

func failurePolicy(s *batchv1.JobSpec, path *field.Path) (errs field.ErrorList) {
	if s.PodFailurePolicy == nil {
		return nil
	}
	named := map[string]bool{}
	for _, list := range [][]corev1.Container{s.Template.Spec.Containers, s.Template.Spec.InitContainers} {
		for i := range list {
			named[list[i].Name] = true
		}
	}
	for i, r := range s.PodFailurePolicy.Rules {
		at := path.Index(i)
		if r.Action == "FailIndex" && s.BackoffLimitPerIndex == nil {
			errs = append(errs, field.Invalid(at.Child("action"), r.Action, "requires the backoffLimitPerIndex to be set"))
		}
		switch codes, conditions := r.OnExitCodes != nil, len(r.OnPodConditions) > 0; {
		case codes && conditions:
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported"))
		case !codes && !conditions:
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required"))
		}
		c := r.OnExitCodes
		if c == nil {
			continue
		}
		at = at.Child("onExitCodes")
		if c.ContainerName != nil && !named[*c.ContainerName] {
			errs = append(errs, field.Invalid(at.Child("containerName"), *c.ContainerName, "must be one of the container or initContainer names in the pod template"))
		}
		if len(c.Values) == 0 {
			errs = append(errs, field.Invalid(at.Child("values"), c.Values, "at least one value is required"))
		}
		seen := map[int32]bool{}
		for j, v := range c.Values {
			if c.Operator == "In" && v == 0 {
				errs = append(errs, field.Invalid(at.Child("values").Index(j), v, "must not be 0 for the In operator"))
			}
			if seen[v] {
				errs = append(errs, field.Duplicate(at.Child("values").Index(j), v))
			}
			seen[v] = true
		}
		if !slices.IsSorted(c.Values) {
			errs = append(errs, field.Invalid(at.Child("values"), c.Values, "must be ordered"))
		}
	}
	return errs
}

func validateJobUpdate(o, old *batchv1.Job) (errs field.ErrorList) {
	now, was := &o.Spec, &old.Spec
	switch {
	case !isIndexed(now):
		errs = append(errs, kind.Unchanged(now.Completions, was.Completions, spec.Child("completions"))...)
	case now.Completions != nil && !equality.Semantic.DeepEqual(now.Completions, was.Completions) && (now.Parallelism == nil || *now.Completions != *now.Parallelism):
		errs = append(errs, field.Invalid(spec.Child("completions"), now.Completions, "can only be modified in tandem with spec.parallelism"))
	}
	errs = append(errs, kind.Unchanged(now.Selector, was.Selector, spec.Child("selector"))...)
	errs = append(errs, jobTemplate(o, old)...)
	errs = append(errs, kind.Unchanged(now.CompletionMode, was.CompletionMode, spec.Child("completionMode"))...)
	errs = append(errs, kind.Unchanged(now.PodFailurePolicy, was.PodFailurePolicy, spec.Child("podFailurePolicy"))...)
	errs = append(errs, kind.Unchanged(now.BackoffLimitPerIndex, was.BackoffLimitPerIndex, spec.Child("backoffLimitPerIndex"))...)
	errs = append(errs, kind.Unchanged(now.ManagedBy, was.ManagedBy, spec.Child("managedBy"))...)
	return append(errs, kind.Unchanged(now.SuccessPolicy, was.SuccessPolicy, spec.Child("successPolicy"))...)
}

// jobTemplate makes the template immutable, except for scheduling directives, labels, annotations and container resources while
// the job is suspended and has no running pods.
func jobTemplate(o, old *batchv1.Job) field.ErrorList {
	at, now := spec.Child("template"), &o.Spec.Template
	state := stateOf(old)
	if old.Spec.Suspend == nil || !*old.Spec.Suspend || old.Status.Active != 0 || old.Status.StartTime != nil && !state.is[suspended] {
		return kind.Unchanged(now, &old.Spec.Template, at)
	}
	was := old.Spec.Template.DeepCopy()
	affinity := corev1.Affinity{}
	if was.Spec.Affinity != nil {
		affinity = *was.Spec.Affinity
	}
	affinity.NodeAffinity = nil
	if now.Spec.Affinity != nil {
		affinity.NodeAffinity = now.Spec.Affinity.NodeAffinity
	}
	was.Spec.Affinity = nil
	if affinity != (corev1.Affinity{}) || now.Spec.Affinity != nil {
		was.Spec.Affinity = &affinity
	}
	was.Spec.NodeSelector, was.Spec.Tolerations, was.Spec.SchedulingGates = now.Spec.NodeSelector, now.Spec.Tolerations, now.Spec.SchedulingGates
	sameResources(was.Spec.Containers, now.Spec.Containers)
	sameResources(was.Spec.InitContainers, now.Spec.InitContainers)
	return kind.Unchanged(&now.Spec, &was.Spec, at.Child("spec"))
}

// sameResources copies the resources of containers with the same name and index.
func sameResources(list, from []corev1.Container) {
	if len(list) != len(from) {
		return
	}
	for i := range list {
		if list[i].Name == from[i].Name {
			list[i].Resources = from[i].Resources
		}
	}
}

func defaultJob(j *batchv1.Job) {
	s := &j.Spec
	if s.Completions == nil && s.Parallelism == nil {
		kind.SetIfNil(&s.Completions, 1)
	}
	kind.SetIfNil(&s.Parallelism, 1)
	if s.BackoffLimitPerIndex != nil {
		// With a limit per index there is no limit for the whole job by default.
		kind.SetIfNil(&s.BackoffLimit, math.MaxInt32)
	}
	kind.SetIfNil(&s.BackoffLimit, 6)
	if len(j.Labels) == 0 {
		// The same map, as with upstream, so labels added to the template of a new job are added to the job.
		j.Labels = s.Template.Labels
	}
	kind.SetIfNil(&s.CompletionMode, "NonIndexed")
	kind.SetIfNil(&s.Suspend, false)
	if s.PodFailurePolicy != nil {
		kind.SetIfNil(&s.PodReplacementPolicy, "Failed")
	}
	kind.SetIfNil(&s.PodReplacementPolicy, "TerminatingOrFailed")
	kind.SetIfNil(&s.ManualSelector, false)
	podspec.DefaultTemplate(&s.Template)
	j.SetDefaults()
}

// Numbers above which the status of a job may become too large.
const manyCompletions, manyParallel = 100000, 10000

func jobWarnings(s *batchv1.JobSpec, path *field.Path) (out []string) {
	more := func(n *int32, than int32) bool { return n != nil && *n > than }
	if s.CompletionMode != nil && *s.CompletionMode == "Indexed" && more(s.Completions, manyCompletions) && more(s.Parallelism, manyParallel) {
		out = append(out, kind.Said(path, "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"))
	}
	return append(out, podspec.Warnings(path.Child("template"), &s.Template.Spec, &s.Template.ObjectMeta)...)
}

func jobPhase(j *batchv1.Job) string {
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

package batch

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/robfig/cron/v3"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var cronJobs = kind.Kind{
	Group: group, Resource: "cronjobs",
	Strategy: cronJob,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultCronJob)},
}

// The controller appends eleven characters to the name of a cron job, and the result must be a DNS label.
const maxCronJobName = 52

func cronJob(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateWith = kind.CheckWith(func(o, old *batchv1.CronJob) (errs field.ErrorList) {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.JobTemplate.Spec.Template
		}
		if o.Spec.Schedule != "" {
			if err := parseSchedule(o.Spec.Schedule); err != nil {
				errs = append(errs, field.Invalid(spec.Child("schedule"), o.Spec.Schedule, err.Error()))
			}
		}
		path := spec.Child("jobTemplate", "spec")
		errs = append(errs, jobSpec(d, &o.Spec.JobTemplate.Spec, was, path)...)
		if sel := o.Spec.JobTemplate.Spec.Selector; sel != nil {
			errs = append(errs, field.Invalid(path.Child("selector"), sel, "`selector` will be auto-generated"))
		}
		if m := o.Spec.JobTemplate.Spec.ManualSelector; m != nil && *m {
			errs = append(errs, field.NotSupported(path.Child("manualSelector"), m, []string{"nil", "false"}))
		}
		return errs
	})
	s.ValidateCreate = kind.Check(func(o *batchv1.CronJob) (errs field.ErrorList) {
		errs = append(zoneInSchedule(o, false), timeZone(o.Spec.TimeZone)...)
		if len(o.Name) > maxCronJobName {
			errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), o.Name, fmt.Sprintf("must be no more than %d characters", maxCronJobName)))
		}
		return errs
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *batchv1.CronJob) field.ErrorList {
		// A time zone in the schedule was accepted once; an existing one is tolerated.
		errs := zoneInSchedule(o, strings.Contains(old.Spec.Schedule, "TZ"))
		if !kind.SamePointed(o.Spec.TimeZone, old.Spec.TimeZone) {
			errs = append(errs, timeZone(o.Spec.TimeZone)...)
		}
		return errs
	})
	s.Warnings = kind.Warn(func(o, old *batchv1.CronJob) (out []string) {
		if old == nil {
			out = kind.HostnameWarning(podspec.NamesOfPods, o)
		}
		if old == nil || o.Generation != old.Generation {
			out = append(out, jobWarnings(&o.Spec.JobTemplate.Spec, spec.Child("jobTemplate", "spec"))...)
		}
		if old != nil && strings.Contains(o.Spec.Schedule, "TZ") {
			out = append(out, "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
		}
		return out
	})
}

// parseSchedule recovers from panics of the parser, which some zones cause.
func parseSchedule(schedule string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("invalid schedule format: %v", r)
		}
	}()
	_, err = cron.ParseStandard(schedule)
	return err
}

func zoneInSchedule(o *batchv1.CronJob, tolerated bool) field.ErrorList {
	if !strings.Contains(o.Spec.Schedule, "TZ") {
		return nil
	}
	path := spec.Child("schedule")
	switch {
	case !tolerated:
		return field.ErrorList{field.Invalid(path, o.Spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")}
	case o.Spec.TimeZone != nil:
		return field.ErrorList{field.Invalid(path, o.Spec.Schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")}
	}
	return nil
}

func timeZone(zone *string) (errs field.ErrorList) {
	path := spec.Child("timeZone")
	switch {
	case zone == nil:
		return nil
	case *zone == "":
		return field.ErrorList{field.Invalid(path, zone, "timeZone must be nil or non-empty string")}
	}
	for _, part := range strings.Split(*zone, "/") {
		if part == "" || part == "." || part == ".." || part[0] == '-' || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") != "" || len(part) > 14 {
			return field.ErrorList{field.Invalid(path, zone, "unknown time zone "+*zone)}
		}
	}
	if strings.EqualFold(*zone, "Local") {
		errs = append(errs, field.Invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
	}
	if _, err := time.LoadLocation(*zone); err != nil {
		errs = append(errs, field.Invalid(path, zone, err.Error()))
	}
	return errs
}

// defaultCronJob sets defaults of the pod template, but not of the job template, which gets them when a job is created.
func defaultCronJob(c *batchv1.CronJob) {
	podspec.DefaultTemplate(&c.Spec.JobTemplate.Spec.Template)
	c.SetDefaults()
}

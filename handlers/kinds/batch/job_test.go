package batch

import (
	"slices"
	"testing"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestJobCreate(t *testing.T) {
	s := hooks(t, "v1", "jobs", "")
	o := kindtest.Parse[batchv1.Job](t, `{metadata: {name: j, uid: u}, spec: {template: {metadata: {labels: {job-name: mine}}, spec: {restartPolicy: Never}}}}`)
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), o); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{jobName: "j", legacyJobName: "mine", controllerUID: "u", legacyControllerUID: "u"} {
		if o.Spec.Template.Labels[k] != want {
			t.Errorf("%s: %q", k, o.Spec.Template.Labels[k])
		}
	}
	if o.Spec.Selector.MatchLabels[controllerUID] != "u" || len(o.Spec.Selector.MatchLabels) != 1 {
		t.Errorf("%+v", o.Spec.Selector)
	}
	want := []string{`spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"j","controller-uid":"u","job-name":"mine"}: must be 'j'`}
	if got := kindtest.Verdict(s, o, nil); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	manual := kindtest.Parse[batchv1.Job](t, `{metadata: {name: j, uid: u, labels: {a: b}}, spec: {manualSelector: true, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never}}}}`)
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), manual); err != nil || len(manual.Spec.Template.Labels) != 1 || len(manual.Labels) != 1 {
		t.Errorf("%+v %v", manual, err)
	}
	if got := kindtest.Verdict(s, manual, nil); len(got) > 0 {
		t.Errorf("%q", got)
	}
	// Labels that defaults took from the template get what the template gets, and are the job's own from then on.
	shared := kindtest.Parse[batchv1.Job](t, `{metadata: {name: j, uid: u}, spec: {template: {metadata: {labels: {a: b}}}}}`)
	shared.Labels = shared.Spec.Template.Labels
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), shared); err != nil || len(shared.Labels) != 5 || shared.Labels[jobName] != "j" {
		t.Errorf("%v %v", shared.Labels, err)
	}
	if shared.Labels["c"] = "d"; shared.Spec.Template.Labels["c"] != "" {
		t.Error("job and template share their labels")
	}
	o.Status.Succeeded = 3
	if s.Fields(o)["status.successful"] != "3" {
		t.Errorf("%v", s.Fields(o))
	}
}

const labels4 = `metadata: {labels: {controller-uid: u, job-name: j, batch.kubernetes.io/controller-uid: u, batch.kubernetes.io/job-name: j}}`

func job(spec, pod string) string {
	return `{metadata: {name: j, uid: u}, spec: {selector: {matchLabels: {batch.kubernetes.io/controller-uid: u}}, ` + spec + ` template: {` + labels4 + `, spec: {` + pod + `}}}}`
}

const never = `restartPolicy: Never, containers: [{name: a}]`

func TestJobRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "jobs", job("", never), "", nil),
		kindtest.New("v1", "jobs", job(`podReplacementPolicy: x,`, never), "", []string{
			`spec.podReplacementPolicy: Unsupported value: "x": supported values: "Failed", "TerminatingOrFailed"`}),
		kindtest.New("v1", "jobs", job(`podReplacementPolicy: TerminatingOrFailed, podFailurePolicy: {rules: []},`, never), "", []string{
			`spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"`}),
		kindtest.New("v1", "jobs", job(`completionMode: x, backoffLimitPerIndex: 1, maxFailedIndexes: 1,`, never), "", nil),
		kindtest.New("v1", "jobs", job(`completionMode: Indexed, parallelism: 200000, maxFailedIndexes: 5, successPolicy: {rules: []},`, never), "", []string{
			"spec.completions: Required value: when completion mode is Indexed",
			"spec.parallelism: Invalid value: 200000: must be less than or equal to 100000 when completion mode is Indexed",
			"spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified",
			"spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"}),
		kindtest.New("v1", "jobs", job(`backoffLimitPerIndex: 1, successPolicy: {rules: [{succeededCount: 1}]}, podFailurePolicy: {rules: [{action: FailJob},{action: FailIndex, onExitCodes: {operator: In, values: [3,0,3], containerName: zz}}]},`, `restartPolicy: Always, containers: [{name: a}]`), "", []string{
			"spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
			`spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode`,
			"spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
			`spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "zz": must be one of the container or initContainer names in the pod template`,
			"spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
			"spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 3",
			"spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
			`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`}),
		kindtest.New("v1", "jobs", job(`completions: 3, completionMode: Indexed, parallelism: 1, managedBy: a/b,`, never), job(`completions: 2, completionMode: NonIndexed, parallelism: 1,`, never), []string{
			"spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism",
			`spec.completionMode: Invalid value: "Indexed": field is immutable`, `spec.managedBy: Invalid value: "a/b": field is immutable`}),
		kindtest.New("v1", "jobs", job(`parallelism: 5, suspend: true,`, never), job(`parallelism: 1,`, never), nil),
		kindtest.New("v1", "jobs", job(``, never+`, nodeSelector: {a: b}, tolerations: [{operator: Exists}]`), job(`suspend: true,`, never), nil),
		kindtest.New("v1", "jobs", job(``, `restartPolicy: Never, containers: [{name: c, resources: {limits: {cpu: 1}}}]`), job(`suspend: true,`, `restartPolicy: Never, containers: [{name: c}]`), nil),
	})
	s := hooks(t, "v1", "jobs", "")
	now, old := kindtest.Parse[batchv1.Job](t, job("", never+", nodeSelector: {a: b}")), kindtest.Parse[batchv1.Job](t, job("", never))
	if got := kindtest.Verdict(s, now, old); len(got) != 1 || got[0][:20] != "spec.template: Inval" {
		t.Errorf("%q", got)
	}
}

func TestCronJobRules(t *testing.T) {
	cron := func(name, spec, job string) string {
		return `{metadata: {name: ` + name + `}, spec: {` + spec + `, jobTemplate: {spec: {` + job + ` template: {spec: {` + never + `}}}}}}`
	}
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "*/5 * * * MON-FRI"`, ""), "", nil),
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "@every 1h", timeZone: Europe/Berlin`, ""), "", nil),
		kindtest.New("v1", "cronjobs", cron("x23456789012345678901234567890123456789012345678901234", `schedule: a, timeZone: Local`, `manualSelector: true, selector: {},`), "", []string{
			`spec.schedule: Invalid value: "a": expected exactly 5 fields, found 1: [a]`,
			"spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated",
			`spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"`,
			`spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones`,
			`metadata.name: Invalid value: "x23456789012345678901234567890123456789012345678901234": must be no more than 52 characters`}),
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "61 * * * *"`, ""), "", []string{`spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61`}),
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "TZ=UTC * * * * *", timeZone: ../x`, ""), "", []string{
			`spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead`,
			`spec.timeZone: Invalid value: "../x": unknown time zone ../x`}),
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "TZ=UTC * * * * *"`, ""), cron("c", `schedule: "TZ=UTC 1 * * * *"`, ""), nil),
		kindtest.New("v1", "cronjobs", cron("c", `schedule: "TZ=UTC * * * * *", timeZone: UTC`, ""), cron("c", `schedule: "TZ=UTC 1 * * * *"`, ""), []string{
			`spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule`}),
	})
	if err := parseSchedule("TZ="); err == nil {
		t.Error("a schedule that the parser panics on is taken")
	}
}

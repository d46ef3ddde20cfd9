package batch

import (
	"slices"
	"testing"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestJobStatus(t *testing.T) {
	const done = "{startTime: '2020-01-01T00:00:00Z', completionTime: '2020-01-02T00:00:00Z', succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]}"
	s := hooks(t, "v1", "jobs", "status")
	for name, c := range map[string]struct {
		spec, old, now string
		want           []string
	}{
		"a job that ends":             {old: "{startTime: '2020-01-01T00:00:00Z'}", now: done},
		"a job that ended":            {old: done, now: done},
		"what was wrong before stays": {old: "{ready: 3, active: 1, completedIndexes: x}", now: "{ready: 3, active: 1, completedIndexes: x, failed: 1}"},
		"a job that has nothing to do": {spec: "suspend: true, completions: 0", old: "{}",
			now: "{completionTime: '2020-01-02T00:00:00Z', conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]}"},
		"a job that is resumed": {old: "{startTime: '2020-01-01T00:00:00Z', conditions: [{type: Suspended, status: 'True'}]}",
			now: "{startTime: '2020-01-03T00:00:00Z', conditions: [{type: Suspended, status: 'False'}]}"},
		"an end that is moved": {old: done, now: "{startTime: '2020-01-01T00:00:00Z', completionTime: '2020-01-03T00:00:00Z', succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]}",
			want: []string{`status.completionTime: Invalid value: "2020-01-03T00:00:00Z": field is immutable`}},
		"indexes that shrink with the job": {spec: "completionMode: Indexed, completions: 2, parallelism: 2", old: "{succeeded: 2}", now: "{succeeded: 1}"},
		"pods that did not succeed after all": {old: "{succeeded: 2}", now: "{succeeded: 1}",
			want: []string{"status.succeeded: Invalid value: 1: cannot decrease the succeeded counter"}},
		"a success without what makes it one": {old: "{}", now: "{startTime: '2020-01-01T00:00:00Z', completionTime: '2020-01-02T00:00:00Z', conditions: [{type: Complete, status: 'True'}]}",
			want: []string{"status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition"}},
	} {
		t.Run(name, func(t *testing.T) {
			old := kindtest.Parse[batchv1.Job](t, "{spec: {"+c.spec+"}, status: "+c.old+"}")
			now := kindtest.Parse[batchv1.Job](t, "{spec: {"+c.spec+"}, status: "+c.now+"}")
			if got := kindtest.Verdict(s, now, old); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestIndexes(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 1, "0-2,4": 4, "1,3-4": 3} {
		if n, err := parseIndexes(text, 5); n != want || err != nil {
			t.Errorf("%s: %d %v", text, n, err)
		}
	}
	for text, want := range map[string]string{
		"5":     `too large index: "5"`,
		"1-5":   `too large index: "5"`,
		"x":     `cannot convert string to integer for index: "x"`,
		"1-x":   `cannot convert string to integer for index: "x"`,
		"2-1":   "non-increasing order, previous: 2, current: 1",
		"1,1":   "non-increasing order, previous: 1, current: 1",
		"0-1-2": "the fragment \"0-1-2\" violates the requirement that an index interval can have at most two parts separated by '-'",
	} {
		if _, err := parseIndexes(text, 5); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, c := range []struct {
		a, b string
		at   int
		both bool
	}{{"0-2", "3", 0, false}, {"0-2,4", "3-4", 4, true}, {"3", "0-3", 3, true}, {"x,1", "1", 1, true}, {"", "1", 0, false}} {
		if at, both := commonIndex(c.a, c.b, 5); at != c.at || both != c.both {
			t.Errorf("%s and %s: %d %v", c.a, c.b, at, both)
		}
	}
}

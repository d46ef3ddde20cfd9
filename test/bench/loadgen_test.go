package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	getLine   = `{"workload":"get","ops":2000,"errors":0,"ops_per_s":1000,"p50_ms":1.5,"p99_ms":3,"cpu_ms_per_op":0.25,"rss_mb":70.5}`
	applyLine = `{"workload":"apply","ops":10,"errors":10,"cpu_ms_per_op":0.1,"rss_mb":70,"note":"HTTP 415 {\"kind\":\"Status\"}"}`
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, out, want, failure string
	}{
		{name: "all", out: getLine + "\n" + applyLine + "\n", want: "get,apply"},
		{name: "one is missing", out: getLine, want: "get,apply", failure: `no result of "apply"`},
		{name: "another order", out: applyLine + getLine, want: "get,apply", failure: `result 1 is one of "apply"`},
		{name: "one too many", out: getLine + applyLine, want: "get", failure: `result 2 is one of "apply"`},
		{name: "no JSON", out: getLine + "\nunknown workload apply\n", want: "get,apply", failure: "result 2: invalid character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(strings.NewReader(c.out), strings.Split(c.want, ","))
			if c.failure != "" {
				if err == nil || !strings.Contains(err.Error(), c.failure) {
					t.Errorf("got %v, want %s", err, c.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := result{Workload: "get", Ops: 2000, CPU: 0.25, Median: 1.5, Resident: 70.5}
			if got[0] != want || got[1].Errors != 10 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestResultsThatAreNoFigures(t *testing.T) {
	for _, c := range []struct {
		result
		refused, incomplete string
	}{
		{result{Workload: "get", Ops: 10}, "", ""},
		{result{Workload: "mem"}, "", ""},
		{result{Workload: "apply", Ops: 10, Errors: 10, Note: "HTTP 415 {}"}, "not there yet (415)", "10 of 10 requests failed, the first with HTTP 415 {}"},
		{result{Workload: "apply", Ops: 10, Errors: 10, Note: "HTTP 500 {}"}, "failed (500)", "10 of 10 requests failed, the first with HTTP 500 {}"},
		{result{Workload: "get", Ops: 10, Errors: 10, Note: "EOF"}, "failed", "10 of 10 requests failed, the first with EOF"},
		{result{Workload: "get", Ops: 10, Errors: 2, Note: "HTTP 409 {}"}, "", "2 of 10 requests failed, the first with HTTP 409 {}"},
		{result{Workload: "watch", Ops: 10, Errors: 20, Note: "3 of 3 watchers open, 10 writes"}, "", "20 events did not come in time; 3 of 3 watchers open, 10 writes"},
	} {
		if words, refused := c.result.refused(); words != c.refused || refused != (c.refused != "") {
			t.Errorf("%+v: refused with %q", c.result, words)
		}
		if got := c.result.incomplete(); got != c.incomplete {
			t.Errorf("%+v: incomplete with %q", c.result, got)
		}
	}
}

// What loadgen is told, and what its failure says.
func TestLoadgenIsCalled(t *testing.T) {
	program := filepath.Join(t.TempDir(), "loadgen")
	script := "#!/bin/sh\ntest \"$*\" = '-kubeconfig F -pids  -pods 7 -seconds 2 -watchers 3 -w get' || { echo \"called with $*\" >&2; exit 2; }\necho '" + getLine + "'\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	l := load{program: program, pods: 7, seconds: 2, watchers: 3}
	got, err := l.run(t.Context(), &process{name: "nobody"}, "F", []string{"get"})
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = l.run(t.Context(), &process{name: "nobody"}, "G", []string{"get"})
	if err == nil || !strings.Contains(err.Error(), "loadgen get on nobody: exit status 2\ncalled with -kubeconfig G") {
		t.Errorf("the failure is %v", err)
	}
}

package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	rows := []row{
		{name: "start", what: "start", unit: milliseconds, limit: 100},
		{name: "get", what: "GET", unit: milliseconds, times: 8},
		{name: "list", what: "LIST", unit: milliseconds, times: 6},
		{name: "apply", what: "apply", unit: milliseconds, times: 3},
		{name: "watch", what: "event", unit: microseconds, times: 2},
		{name: "delete", what: "not measured", unit: milliseconds, times: 5},
	}
	results := map[string]result{
		"get":   {Workload: "get", Ops: 9, CPU: 0.8},
		"apply": {Workload: "apply", Ops: 9, Errors: 9, Note: "HTTP 415 {}"},
		"watch": {Workload: "watch", Ops: 9, CPU: 0.04},
		"list":  {Workload: "list", Ops: 9, CPU: 430},
	}
	type reading struct {
		row    string
		column column
		cpu    float64
	}
	for _, c := range []struct {
		name     string
		readings []reading
		want     string
	}{
		{"nothing", nil, ""},
		{"ours alone", []reading{{"start", ownPods, 120}, {"get", ownPods, 0.1}, {"apply", ownPods, 0}}, `
| what | unit | budget | ours |  |
|---|---|---|---|---|
| start | ms | 100 ms | 120 | **missed** |
| GET | ms | 1/8 | 0.100 |  |
| apply | ms | 1/3 | not there yet (415) |  |
`},
		{"beside the original", []reading{
			{"start", theirs, 2300}, {"start", ownPods, 40}, {"start", ownPods, 44},
			{"get", theirs, 0.8}, {"get", ownPods, 0.08}, {"get", samePods, 0.11}, {"get", sameAndOther, 0.2},
			{"list", theirs, 430}, {"list", ownPods, 100}, {"list", samePods, 2.5},
			{"watch", theirs, 0.04}, {"watch", ownPods, 0.03},
		}, `
| what | unit | budget | the original | ours | ratio | ours, same pods | ratio | ... and etcd outside | ratio |  |
|---|---|---|---|---|---|---|---|---|---|---|
| start | ms | 100 ms | 2,300 | 42 (10 %) | 1/54.8 |  |  |  |  | met |
| GET | ms | 1/8 | 0.800 | 0.080 | 1/10.0 | 0.110 | 1/7.27 | 0.200 | 1/4.00 | **missed with the same pods** |
| LIST | ms | 1/6 | 430 | 100 | 1/4.30 | 2.50 | 1/172 |  |  | met |
| event | us | 1/2 | 40 | 30 | 1/1.33 |  |  |  |  | **missed** |
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFigures("")
			for _, got := range c.readings {
				var err error
				if r := results[got.row]; r.Workload == "" {
					err = f.add(got.row, got.column, got.cpu, nil)
				} else {
					r.CPU = got.cpu
					for _, row := range rows {
						if row.name == got.row {
							err = f.addResult(row, got.column, r)
						}
					}
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := f.table(rows); got != strings.TrimPrefix(c.want, "\n") {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// Each row has a budget, and each of loadgen's workloads that a server goes through has its row.
func TestBudgets(t *testing.T) {
	rows := map[string]row{}
	for _, r := range budgets(fullSize) {
		if (r.limit > 0) == (r.times > 0) {
			t.Errorf("%s has not one budget", r.name)
		}
		rows[r.name] = r
	}
	for _, steps := range [][]step{filling, reading, writing} {
		for _, s := range steps {
			if _, found := rows[s.row]; !found && s.row != "" {
				t.Errorf("there is no row %s", s.row)
			}
			delete(rows, s.row)
		}
	}
	for _, name := range []string{start, startFull, idle} {
		delete(rows, name)
	}
	if len(rows) > 0 {
		t.Errorf("nothing measures %v", rows)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0581: "0.058", 0.4: "0.400", 1.333: "1.33", 12.54: "12.5", 80: "80", 428.4: "428", 1234.5: "1,235", 2345678: "2,345,678"} {
		if got := number(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	for _, c := range []struct {
		own, other float64
		want       string
	}{{1, 8, "1/8.00"}, {2, 25, "1/12.5"}, {1, 168.4, "1/168"}, {2, 1, "1/0.50"}, {0, 1, ""}, {1, 0, ""}} {
		if got := ratio(c.own, c.other); got != c.want {
			t.Errorf("%v to %v is %s, want %s", c.own, c.other, got, c.want)
		}
	}
	for _, c := range []struct {
		all  []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.all); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.all, got, c.want)
		}
	}
}

// Readings and remarks are kept as they come.
func TestReadings(t *testing.T) {
	f := newFigures(t.TempDir())
	r := row{name: "get", what: "GET", unit: milliseconds, times: 8}
	for range 2 {
		if err := f.addResult(r, ownPods, result{Workload: "get", Ops: 4, Errors: 1, CPU: 0.5, Note: "HTTP 409 {}"}); err != nil {
			t.Fatal(err)
		}
	}
	if want := "GET, ours: 1 of 4 requests failed, the first with HTTP 409 {}"; len(f.remarks) != 1 || f.remarks[0] != want {
		t.Errorf("remarks are %q", f.remarks)
	}
	b, err := os.ReadFile(filepath.Join(f.out, "readings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], `{"begun":`) || !strings.Contains(lines[2], `"value":0.5`) {
		t.Errorf("readings are\n%s", b)
	}
}

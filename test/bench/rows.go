package bench

import "fmt"

// row is one line of the table of budgets.
type row struct {
	name, what string
	unit       unit
	// limit is the most that is allowed, in the unit of the row; if it is zero, upstream's figure divided by times is.
	limit, times float64
}

// unit is what a figure is printed in.
type unit string

const (
	milliseconds unit = "ms"
	microseconds unit = "us"
	megabytes    unit = "MB"
	mebibytes    unit = "MiB"
)

// of is the figure of a row in one of loadgen's results.
func (r row) of(got result) float64 {
	switch r.unit {
	case mebibytes:
		return got.Resident
	case microseconds:
		return got.CPU * 1000
	default:
		return got.CPU
	}
}

// The rows that are not a workload's.
const (
	start        = "start"
	startFull    = "start-full"
	idle         = "idle"
	memoryFilled = "memory-filled"
	memoryBegun  = "memory-begun"
	memoryListed = "memory-listed"
)

// budgets are the rows in the order of the table, for so many pods. Those of loadgen's workloads have their names.
func budgets(pods int) []row {
	n := grouped(pods)
	return []row{
		{name: start, what: "start to `/readyz` ok, empty store", unit: milliseconds, limit: 100},
		{name: startFull, what: fmt.Sprintf("start with %s pods", grouped(2*pods)), unit: milliseconds, limit: 400},
		{name: idle, what: "resident memory, idle", unit: megabytes, limit: 80},
		{name: memoryFilled, what: fmt.Sprintf("memory with %s pods, just created", n), unit: mebibytes, times: 6},
		{name: memoryBegun, what: "... after a restart", unit: mebibytes, times: 6},
		{name: memoryListed, what: "... after LISTs", unit: mebibytes, times: 6},
		{name: "get", what: "GET a pod", unit: milliseconds, times: 8},
		{name: "list", what: fmt.Sprintf("LIST %s pods, JSON", n), unit: milliseconds, times: 6},
		{name: "list-gzip", what: "... gzip", unit: milliseconds, times: 40},
		{name: "list-proto", what: "... protobuf", unit: milliseconds, times: 15},
		{name: "list-table", what: "... Table", unit: milliseconds, times: 6},
		{name: "list-page", what: "LIST, a page of 500", unit: milliseconds, times: 8},
		{name: "list-label", what: fmt.Sprintf("LIST, %s of %s by label", grouped(pods/50), n), unit: milliseconds, times: 10},
		{name: "create", what: "create a pod", unit: milliseconds, times: 4},
		{name: "update", what: "update a config map", unit: milliseconds, times: 4},
		{name: "patch", what: "merge patch of a pod", unit: milliseconds, times: 6},
		{name: "apply", what: "apply a config map", unit: milliseconds, times: 3},
		{name: "delete", what: "delete a pod", unit: milliseconds, times: 5},
		{name: watching, what: fmt.Sprintf("one delivered watch event (%d watchers)", watchers), unit: microseconds, times: 2},
	}
}

// budget is the row's budget as the table has it.
func (r row) budget() string {
	if r.limit > 0 {
		return fmt.Sprintf("%s %s", number(r.limit), r.unit)
	}
	return fmt.Sprintf("1/%.0f", r.times)
}

// met says whether a figure is within the budget; known is false if that cannot be said without upstream's.
func (r row) met(own, other float64) (met, known bool) {
	switch {
	case r.limit > 0:
		return own <= r.limit, own > 0
	case own == 0 || other == 0:
		return false, false
	}
	return own*r.times <= other, true
}

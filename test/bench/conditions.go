package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// How often the start of each server is timed, on an empty store and on a full one. A start is short and scatters more than
// a mean over seconds.
const (
	emptyStarts = 9
	fullStarts  = 3
)

// conditions is the text above the table: how the figures came about.
func (s settings) conditions(load string) string {
	return fmt.Sprintf("%d cores, load average %s before the run; %s pods, %d s for each workload. Requests and events in CPU time of server "+
		"and store together. Rounds: %d; starts: %d, of a full store %d. Medians; in brackets how far the readings lie apart.\n",
		runtime.NumCPU(), load, grouped(s.pods), s.seconds, s.rounds, emptyStarts, fullStarts)
}

// loadAverage is the kernel's, of the last minute.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	minute, _, _ := strings.Cut(string(b), " ")
	return minute
}

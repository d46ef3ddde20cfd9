package attack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// meter reads what a process uses from /proc.
type meter struct {
	pid      int
	resident int64
	cpu      time.Duration
}

// begin notes what the process has, and lets the kernel forget how much it ever had.
func begin(t testing.TB, pid int) *meter {
	t.Helper()
	m := &meter{pid: pid}
	if err := os.WriteFile(m.path("clear_refs"), []byte("5"), 0); err != nil {
		t.Skipf("what a process has at its worst cannot be measured here: %v", err)
	}
	m.resident, m.cpu = m.memory(t, "VmRSS"), m.time(t)
	return m
}

// used is how much more was resident at the worst than at the beginning, and how much time was used since.
func (m *meter) used(t testing.TB) (int64, time.Duration) {
	t.Helper()
	return m.memory(t, "VmHWM") - m.resident, m.time(t) - m.cpu
}

func (m *meter) path(name string) string { return fmt.Sprintf("/proc/%d/%s", m.pid, name) }

// memory is a line of the process's status, in bytes.
func (m *meter) memory(t testing.TB, name string) int64 {
	t.Helper()
	status, err := os.ReadFile(m.path("status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("the status of the process has no %s", name)
	return 0
}

// ticks are the clock ticks of a second in /proc, on every Linux there is.
const ticks = 100

// time is what the process has used of the CPU, in user and system mode.
func (m *meter) time(t testing.TB) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(m.path("stat"))
	if err != nil {
		t.Fatal(err)
	}
	// The second field is the name of the program, in brackets, and may have spaces.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var sum int64
	for _, at := range []int{11, 12} {
		n, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks
}

package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// begin starts a server on a folder. It is killed with the benchmark at the latest.
func begin(b *testing.B, s server, dir string) (*process, time.Duration) {
	b.Helper()
	p, err := s(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { end(b, p.stop) })
	ready, err := p.start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return p, ready
}

// end ends a server by one of its two ways to.
func end(b *testing.B, how func() error) {
	b.Helper()
	if err := how(); err != nil {
		b.Error(err)
	}
}

// step is a workload of loadgen and the row that its figure belongs to, if any.
type step struct{ workload, row string }

// drive lets loadgen take a server through steps and keeps what it finds.
func drive(b *testing.B, l load, c *certificates, p *process, at column, steps []step) {
	b.Helper()
	var names []string
	for _, s := range steps {
		names = append(names, s.workload)
	}
	results := send(b, l, c, p, names...)
	for _, r := range budgets(asked.pods) {
		for i, s := range steps {
			if s.row != r.name {
				continue
			}
			if err := found.addResult(r, at, results[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// send lets loadgen take a server through workloads.
func send(b *testing.B, l load, c *certificates, p *process, workloads ...string) []result {
	b.Helper()
	progress("%s: %s", p.name, strings.Join(workloads, ", "))
	kubeconfig, err := c.kubeconfig(p)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	results, err := l.run(ctx, p, kubeconfig, workloads)
	if err != nil {
		b.Fatal(err)
	}
	return results
}

// needLoadgen skips a benchmark that cannot do without. What is left out is named under the table.
func needLoadgen(b *testing.B) load {
	b.Helper()
	if asked.loadgen == "" {
		b.Skip("no loadgen")
	}
	return load{program: asked.loadgen, pods: asked.pods, seconds: asked.seconds, watchers: watchers}
}

// add keeps a reading of a row that is no workload's.
func add(b *testing.B, row string, c column, value float64) {
	b.Helper()
	if err := found.add(row, c, value, nil); err != nil {
		b.Fatal(err)
	}
}

// discard removes a folder that is not needed any more: a run fills many.
func discard(b *testing.B, dir string) {
	b.Helper()
	if err := os.RemoveAll(dir); err != nil {
		b.Error(err)
	}
}

// progress says what a long run is at, away from the tables.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

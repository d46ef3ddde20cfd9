package bench

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// referenceVariable names the folder with the reference's kube-apiserver and etcd. Without it ours is measured alone.
const referenceVariable = "REF_BIN"

// settle is how long a server is left alone before its memory is read.
const settle = 3 * time.Second

// BenchmarkStart is the time from the start of the process to the first yes of /readyz, on an empty store: the median of
// the iterations, of which at least 9 are made.
func BenchmarkStart(b *testing.B) {
	ours, theirs := servers(b)
	var own, other []time.Duration
	for b.Loop() {
		own = append(own, timed(b, ours))
		if theirs != nil {
			other = append(other, timed(b, theirs))
		}
	}
	for len(own) < 9 {
		own = append(own, timed(b, ours))
		if theirs != nil {
			other = append(other, timed(b, theirs))
		}
	}
	b.ReportMetric(0, "ns/op") // it would count how both are taken down
	report(b, "ready-ms", median(own).Seconds()*1000, func() float64 { return median(other).Seconds() * 1000 }, theirs != nil)
}

// BenchmarkIdleMemory is the resident memory of an idle server, its store included.
func BenchmarkIdleMemory(b *testing.B) {
	ours, theirs := servers(b)
	var own, other float64
	for b.Loop() {
		own = memory(b, ours)
		if theirs != nil {
			other = memory(b, theirs)
		}
	}
	b.ReportMetric(0, "ns/op") // the wait before each reading
	report(b, "idle-MB", own/1e6, func() float64 { return other / 1e6 }, theirs != nil)
}

// report prints our figure, and the reference's and the ratio if there is a reference.
func report(b *testing.B, unit string, own float64, other func() float64, both bool) {
	b.ReportMetric(own, unit)
	if both {
		b.ReportMetric(other(), "reference-"+unit)
		b.ReportMetric(other()/own, "times-less")
	}
}

// servers are makers of processes with empty stores; the second is nil without a reference.
func servers(b *testing.B) (ours, theirs func(dir string) (*process, error)) {
	binary := harness.Binary(b)
	ours = func(dir string) (*process, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		args := []string{binary, "--data-dir=" + dir, "--secure-port=" + strconv.Itoa(port), "--bind-address=127.0.0.1"}
		return &process{name: "our server", dir: dir, port: port, commands: [][]string{args}}, nil
	}
	if binaries := os.Getenv(referenceVariable); binaries != "" {
		theirs = func(dir string) (*process, error) {
			var ports [3]int
			for i := range ports {
				var err error
				if ports[i], err = freePort(); err != nil {
					return nil, err
				}
			}
			return reference(binaries, dir, ports[0], ports[1], ports[2])
		}
	}
	return ours, theirs
}

// with runs a server on an empty store while use is at work.
func with(b *testing.B, server func(dir string) (*process, error), use func(p *process, ready time.Duration)) {
	b.Helper()
	p, err := server(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	ready, err := p.start(ctx)
	if err != nil {
		b.Error(err)
	} else {
		use(p, ready)
	}
	if err := p.stop(); err != nil {
		b.Fatal(err)
	}
}

func timed(b *testing.B, server func(dir string) (*process, error)) (took time.Duration) {
	b.Helper()
	with(b, server, func(_ *process, ready time.Duration) { took = ready })
	return took
}

func memory(b *testing.B, server func(dir string) (*process, error)) (bytes float64) {
	b.Helper()
	with(b, server, func(p *process, _ time.Duration) {
		time.Sleep(settle)
		var err error
		if bytes, err = p.resident(); err != nil {
			b.Error(err)
		}
	})
	return bytes
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// freePort is a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

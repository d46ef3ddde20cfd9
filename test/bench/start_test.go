package bench

import (
	"slices"
	"testing"
	"time"
)

// settle is how long a server is left alone before its memory is read.
const settle = 3 * time.Second

// BenchmarkStart is the time from the start of the process to the first yes of /readyz, on an empty store.
func BenchmarkStart(b *testing.B) {
	c := newCertificates(b)
	list := candidates(b, c)
	for b.Loop() {
		for range emptyStarts {
			for _, s := range list {
				dir := b.TempDir()
				p, ready := begin(b, s.server, dir)
				end(b, p.stop)
				add(b, start, s.column, inMilliseconds(ready))
				discard(b, dir)
			}
			slices.Reverse(list)
		}
	}
	b.ReportMetric(0, "ns/op") // it would count how servers are taken down
}

// BenchmarkIdleMemory is the resident memory of an idle server, its store included.
func BenchmarkIdleMemory(b *testing.B) {
	c := newCertificates(b)
	list := candidates(b, c)
	for b.Loop() {
		for range asked.rounds {
			for _, s := range list {
				dir := b.TempDir()
				p, _ := begin(b, s.server, dir)
				time.Sleep(settle)
				bytes, err := p.memory("VmRSS")
				if err != nil {
					b.Fatal(err)
				}
				end(b, p.stop)
				add(b, idle, s.column, bytes/1e6)
				discard(b, dir)
			}
			slices.Reverse(list)
		}
	}
	b.ReportMetric(0, "ns/op") // the wait before each reading
}

// BenchmarkStartFull is the time of a start on a store with twice the usual pods, after a clean end.
func BenchmarkStartFull(b *testing.B) {
	l, c := needLoadgen(b), newCertificates(b)
	l.pods *= 2
	list := candidates(b, c)
	for b.Loop() {
		folders := map[column]string{}
		for _, s := range list {
			folders[s.column] = b.TempDir()
			p, _ := begin(b, s.server, folders[s.column])
			send(b, l, c, p, "create")
			end(b, p.shutdown)
		}
		all := slices.Clone(list)
		for _, s := range withOriginalsPods(b, c) {
			folders[s.column] = b.TempDir()
			if err := copyStore(folders[theirs], folders[s.column]); err != nil {
				b.Fatal(err)
			}
			all = append(all, s)
		}
		for range fullStarts {
			for _, s := range all {
				p, ready := begin(b, s.server, folders[s.column])
				end(b, p.shutdown)
				add(b, startFull, s.column, inMilliseconds(ready))
			}
			slices.Reverse(all)
		}
		for _, dir := range folders {
			discard(b, dir)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func inMilliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

package bench

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkGrowth is ours alone with more and more pods, and then with more and more watchers.
func BenchmarkGrowth(b *testing.B) {
	if !asked.growth {
		b.Skip("it takes minutes; BENCH_GROWTH=1 asks for it")
	}
	l, c := needLoadgen(b), newCertificates(b)
	// Nothing here depends on the disk, and 100,000 pods are made sooner this way.
	s := ours(ourBinary(b), c, "--unsafe-no-fsync")
	for b.Loop() {
		for _, pods := range []int{asked.pods / 5, asked.pods * 2, asked.pods * 20} {
			l.pods = pods
			grown.sizes = append(grown.sizes, measureSize(b, s, l, c))
		}
		for _, n := range []int{asked.pods / 50, asked.pods / 5, asked.pods} {
			l.pods, l.watchers = 1, n
			dir := b.TempDir()
			p, _ := begin(b, s, dir)
			results := send(b, l, c, p, "create", watching)
			end(b, p.stop)
			discard(b, dir)
			got := results[1]
			grown.crowds = append(grown.crowds, crowd{n, got.CPU * 1000, got.Median, got.Resident, got.incomplete()})
			if err := found.write(map[string]any{"watchers": n, "detail": got}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// measureSize fills a server, restarts it and reads from it.
func measureSize(b *testing.B, s server, l load, c *certificates) size {
	b.Helper()
	dir := b.TempDir()
	defer discard(b, dir)
	p, _ := begin(b, s, dir)
	created := send(b, l, c, p, "create")[0]
	var starts []float64
	for range fullStarts {
		var ready time.Duration
		end(b, p.shutdown)
		p, ready = begin(b, s, dir)
		starts = append(starts, inMilliseconds(ready))
	}
	time.Sleep(settle)
	resident, err := p.memory("VmRSS")
	if err != nil {
		b.Fatal(err)
	}
	anonymous, err := p.memory("RssAnon")
	if err != nil {
		b.Fatal(err)
	}
	reads := send(b, l, c, p, "get", "list-page", "list-label", "list-gzip")
	end(b, p.stop)
	if err := found.write(map[string]any{"pods": l.pods, "starts": starts, "detail": slices.Concat([]result{created}, reads)}); err != nil {
		b.Fatal(err)
	}
	return size{
		pods: l.pods, get: reads[0].CPU, page: reads[1].CPU, label: reads[2].CPU, gzip: reads[3].CPU, create: created.CPU,
		resident: resident / (1 << 20), anonymous: anonymous / (1 << 20), start: median(starts),
	}
}

package bench

import (
	"slices"
	"testing"
)

// The life of a server under load. It is restarted after it was filled, so that what it holds then comes from its store.
var (
	filling = []step{{"ready", ""}, {"create", "create"}, {"mem", memoryFilled}}
	reading = []step{
		{"mem", memoryBegun}, {"ready", ""}, {"get", "get"}, {"list", "list"}, {"list-gzip", "list-gzip"}, {"list-proto", "list-proto"},
		{"list-table", "list-table"}, {"list-page", "list-page"}, {"list-label", "list-label"}, {"mem", memoryListed},
	}
	writing = []step{{"update", "update"}, {"patch", "patch"}, {"apply", "apply"}, {watching, watching}, {"delete", "delete"}}
)

// BenchmarkLoad is what each kind of request costs, and the memory meanwhile: of upstream and of ours with the pods
// that each of them made, and of ours with the pods that upstream made.
func BenchmarkLoad(b *testing.B) {
	l, c := needLoadgen(b), newCertificates(b)
	// Upstream goes first in the first round, as the others need its store; then they take turns.
	list := candidates(b, c)
	slices.Reverse(list)
	list = append(list, withOriginalsPods(b, c)...)
	store := ""
	for b.Loop() {
		for round := range asked.rounds {
			for _, s := range list {
				progress("round %d of %d, %s", round+1, asked.rounds, s.column)
				dir := b.TempDir()
				if s.column == samePods || s.column == sameAndOther {
					if err := copyStore(store, dir); err != nil {
						b.Fatal(err)
					}
				} else {
					p, _ := begin(b, s.server, dir)
					drive(b, l, c, p, s.column, filling)
					end(b, p.shutdown)
				}
				if s.column == theirs && store == "" {
					store = b.TempDir()
					if err := copyStore(dir, store); err != nil {
						b.Fatal(err)
					}
				}
				p, _ := begin(b, s.server, dir)
				drive(b, l, c, p, s.column, reading)
				drive(b, l, c, p, s.column, writing)
				end(b, p.stop)
				discard(b, dir)
			}
			slices.Reverse(list)
		}
	}
	b.ReportMetric(0, "ns/op")
}

package metrics

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What upstream counts of the store, the cache and watches is counted here too, or the page that compares them says why
// not. What only this server has is on it.
func TestStoreMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	reference, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	shown := scrape(t, ours(t)).types
	about := regexp.MustCompile(`^(etcd_|watch_cache_|apiserver_(cache_list|storage|watch|init_events|terminated|resource)_)`)
	// Encryption at rest stores nothing here yet; differences.md says so.
	encryption := regexp.MustCompile(`data_key|envelope`)
	seen := 0
	for line := range strings.Lines(string(reference)) {
		name, _, _ := strings.Cut(line, " ")
		if !about.MatchString(name) || encryption.MatchString(name) {
			continue
		}
		seen++
		if shown[name] == "" && !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is neither counted nor explained", name)
		}
	}
	if seen < 25 {
		t.Errorf("only %d names are about the store", seen)
	}
	for name := range shown {
		if strings.HasPrefix(name, "gatehouse_") && !strings.Contains(string(page), "`"+name) {
			t.Errorf("%s is not documented", name)
		}
	}
}

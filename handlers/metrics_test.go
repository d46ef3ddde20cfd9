package handlers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A server's own page counts what the server did, and what nobody serves is not on it.
func TestMetricsPage(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]int{
		"/api/v1/namespaces/default": 200, "/api/v1/namespaces/nowhere": 404, "/api/v1/madeup": 404, "/madeup": 404, "/version": 200,
	} {
		resp, err := http.Get(s.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Fatalf("%s: %s", path, resp.Status)
		}
	}
	page := s.metrics()
	has := map[string]bool{}
	for line := range strings.Lines(page) {
		has[strings.TrimSuffix(line, "\n")] = true
	}
	const namespaces = `component="apiserver",dry_run="",group="",resource="namespaces",scope="resource",subresource="",verb="GET",version="v1"} 1`
	for _, want := range []string{
		`apiserver_request_total{code="200",` + namespaces, `apiserver_request_total{code="404",` + namespaces,
		`apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/version",verb="GET",version=""} 1`,
		`apiserver_resource_objects{group="",resource="namespaces"} 4`,
		`apiserver_audit_event_total 0`,
		`authentication_attempts{result="success"} 6`, // with the one for this page
	} {
		if !has[want] {
			t.Errorf("the page has no line %q", want)
		}
	}
	if strings.Contains(page, "madeup") {
		t.Error("the page has a name that a client made up")
	}
}

// metrics is the server's page.
func (s *server) metrics() string {
	s.t.Helper()
	resp, err := http.Get(s.http.URL + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatal(resp.Status, err)
	}
	return string(page)
}

// numbers are the values on the page.
func (s *server) numbers() map[string]float64 {
	s.t.Helper()
	out := map[string]float64{}
	for line := range strings.Lines(s.metrics()) {
		name, text, found := strings.Cut(strings.TrimSpace(line), " ")
		if value, err := strconv.ParseFloat(text, 64); found && err == nil {
			out[name] = value
		}
	}
	return out
}

// quiet waits until nothing of a resource is on its way, and returns the numbers then: changes are dispatched to watches, and
// counted, a moment after their writers have their answers.
func (s *server) quiet(of string) map[string]float64 {
	s.t.Helper()
	last := s.numbers()
	for still, deadline := 0, time.Now().Add(time.Minute); still < 5; {
		if time.Now().After(deadline) {
			s.t.Fatal("the server does not come to rest")
		}
		time.Sleep(20 * time.Millisecond)
		next := s.numbers()
		still++
		for _, name := range []string{
			"apiserver_watch_cache_events_received_total", "apiserver_watch_cache_events_dispatched_total", "apiserver_storage_events_received_total",
			"apiserver_watch_events_total", "apiserver_resource_objects", "apiserver_watch_cache_read_wait_seconds_count",
		} {
			for sample, value := range next {
				if strings.HasPrefix(sample, name+"{") && strings.Contains(sample, of) && last[sample] != value {
					still = 0
				}
			}
		}
		if received := "apiserver_watch_cache_events_received_total{" + of + "}"; next[received] != next[strings.Replace(received, "received", "dispatched", 1)] {
			still = 0
		}
		last = next
	}
	return last
}

// What the cache and the store do for requests is counted as upstream counts it.
func TestMetricsOfReads(t *testing.T) {
	s := newServer(t)
	// A controller makes a config map of its own soon after the start; it must not come between the readings.
	for tracking := "/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking"; ; {
		if code, _ := s.do("GET", tracking, nil); code == http.StatusOK {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	var first object
	for i := range 5 {
		o := configMap(fmt.Sprintf("c%d", i), "0")
		o["metadata"].(map[string]any)["labels"] = map[string]any{"odd": fmt.Sprint(i % 2)}
		code, created := s.do("POST", configMaps, o)
		if code != http.StatusCreated {
			t.Fatal(code, created)
		}
		if i == 0 {
			first = created
		}
	}
	oldest := first.at("metadata", "resourceVersion").(string)
	before := s.quiet(`group="",resource="configmaps"`)
	for _, query := range []string{
		"", "?resourceVersion=0", "?limit=2", "?labelSelector=odd%3D1", "?fieldSelector=metadata.name%3Dc3",
		"?resourceVersionMatch=NotOlderThan&resourceVersion=" + oldest, "?resourceVersionMatch=Exact&resourceVersion=" + oldest,
	} {
		if code, out := s.do("GET", configMaps+query, nil); code != http.StatusOK {
			t.Fatal(query, code, out)
		}
	}
	watch, err := http.Get(s.http.URL + configMaps + "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan")
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Body.Close()
	events := json.NewDecoder(watch.Body)
	next := func(want string) {
		t.Helper()
		var e object
		if err := events.Decode(&e); err != nil || e["type"] != want {
			t.Fatalf("%v, %v, want %s", e, err, want)
		}
	}
	for range 5 {
		next("ADDED")
	}
	next("BOOKMARK")
	if code, out := s.do("DELETE", configMaps+"/c4", nil); code != http.StatusOK {
		t.Fatal(code, out)
	}
	next("DELETED")
	const of = `group="",resource="configmaps"`
	after := s.quiet(of)
	for sample, want := range map[string]float64{
		`apiserver_cache_list_total{group="",index="",resource="configmaps"}`: 7,
		// All but those of the page, of the name, and of the state that had one: they look at five.
		`apiserver_cache_list_fetched_objects_total{group="",index="",resource="configmaps"}`:     5 + 5 + 2 + 5 + 1 + 5 + 1,
		`apiserver_cache_list_returned_objects_total{` + of + `}`:                                 5 + 5 + 2 + 2 + 1 + 5 + 1,
		`apiserver_watch_cache_consistent_read_total{fallback="false",` + of + `,success="true"}`: 4,
		`apiserver_watch_cache_read_wait_seconds_count{` + of + `}`:                               6, // not the state at hand nor the old one; the watch too
		`apiserver_watch_list_duration_seconds_count{` + of + `,scope="namespace",version="v1"}`:  1,
		`apiserver_init_events_total{` + of + `}`:                                                 5,
		`apiserver_watch_events_total{` + of + `,version="v1"}`:                                   7,
		`apiserver_watch_cache_events_received_total{` + of + `}`:                                 1,
		`apiserver_watch_cache_events_dispatched_total{` + of + `}`:                               1,
		`apiserver_storage_events_received_total{` + of + `}`:                                     1,
		`etcd_requests_total{group="",operation="delete",resource="configmaps"}`:                  1,
		`apiserver_resource_objects{` + of + `}`:                                                  -1,
		`apiserver_watch_cache_initializations_total{` + of + `}`:                                 0,
		`apiserver_storage_list_total{` + of + `}`:                                                0,
		`gatehouse_cache_watches`:                                                                 1,
		`gatehouse_cache_watch_groups`:                                                            1,
		`gatehouse_cache_changes`:                                                                 1,
	} {
		if got := after[sample] - before[sample]; got != want {
			t.Errorf("%s grew by %v, want %v", sample, got, want)
		}
	}
	for sample, want := range map[string]float64{
		`apiserver_watch_cache_initializations_total{` + of + `}`: 1, `gatehouse_cache_past_watches`: 0,
	} {
		if got, shown := after[sample]; !shown || got != want {
			t.Errorf("%s is %v (shown: %v), want %v", sample, got, shown, want)
		}
	}
	estimate := `apiserver_resource_size_estimate_bytes{` + of + `}`
	if was, is := before[estimate], after[estimate]; was-is < 100 || was-is > 300 {
		t.Errorf("the configmaps took %v, with one less %v", was, is)
	}
	if size := after[`apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}`]; size < 4096 {
		t.Errorf("the store takes %v bytes", size)
	}
}

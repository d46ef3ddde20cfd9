package attack

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

const configMaps = "/api/v1/namespaces/default/configmaps"

// largeList makes a list of so many megabytes, of objects of a size, which the user may read.
func largeList(a *Target, megabytes, size int) {
	a.Helper()
	for i := range (megabytes << 20) / size {
		a.Create(configMaps, fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a%d"},"data":{"a":%q}}`, i, letters(size)))
	}
	a.Grant("list", "configmaps")
	a.Grant("get", "configmaps")
}

// One user asks for many large lists and reads none of them. As many as may be under way are begun, the rest is refused; an
// administrator and probes still get their answers, and the user does when his are over.
func TestListsThatNobodyReads(t *testing.T) {
	Attack{
		Fault: "S7", Flags: []string{"--request-timeout=" + (&Target{}).Choose("10s", "60s")},
		// A list under way has the objects of one leaf of the cache, of at most 1 MB, and the text that they become: 400 lists take 20 to 60 MB
		// where the leaves are larger and go one by one, and up to 815 MB (seen in one of eight runs) where one of them is just not.
		Memory: 1 << 30, CPU: 30 * time.Second,
		Prepare: func(a *Target) { largeList(a, a.Times(10, 100), 64<<10) },
		Run: func(a *Target) {
			const limit = 400
			asked := map[*Conn][]uint32{}
			for range a.Times(6, 40) {
				c := a.Dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 500})
				for range 100 {
					asked[c] = append(asked[c], c.List(configMaps))
				}
			}
			total := 100 * len(asked)
			count := func() map[string]int {
				sum := map[string]int{}
				for c := range asked {
					for status, n := range c.Statuses() {
						sum[status] += n
					}
				}
				return sum
			}
			a.Wait("all answers", func() bool { got := count(); return got["200"]+got["429"] == total })
			if got := count(); got["200"] != limit || got["429"] != total-limit {
				a.Errorf("answers %v to %d requests, %d of which may be under way", got, total, limit)
			}
			for c, ids := range asked {
				for _, id := range ids {
					if status, retry, _ := c.Answer(id); status == "429" && retry != "1" {
						a.Fatalf("who is refused is to come again after %q", retry)
					}
				}
			}
			if code, text := a.Do(a.Admin, "GET", configMaps+"/a0", ""); code != http.StatusOK {
				a.Errorf("an administrator gets %d %.100s", code, text)
			}
			if code, text := a.Do(a.User, "GET", "/livez", ""); code != http.StatusOK {
				a.Errorf("a probe gets %d %s", code, text)
			}
			if code, text := a.Do(a.User, "GET", configMaps+"/none", ""); code != http.StatusTooManyRequests || text != "Too many requests, please try again later.\n" {
				a.Errorf("the user gets %d %s", code, text)
			}
			for c, ids := range asked {
				a.Ended(c, ids)
			}
			if code, text := a.Do(a.User, "GET", configMaps+"/none", ""); code != http.StatusNotFound {
				a.Errorf("afterwards the user gets %d %s", code, text)
			}
		},
	}.Test(t)
}

// The same with objects of a megabyte, each of which is in memory while its client does not take it: lists wait for room then.
func TestLargeObjectsThatNobodyReads(t *testing.T) {
	Attack{
		Flags:  []string{"--request-timeout=3s"},
		Memory: 900 << 20, CPU: 30 * time.Second,
		Prepare: func(a *Target) { largeList(a, 20, 1<<20) },
		Run: func(a *Target) {
			for _, accept := range []string{"application/json", "application/vnd.kubernetes.protobuf", "application/yaml"} {
				conns := make([]*Conn, 4)
				for i := range conns {
					conns[i] = a.Dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 500})
					for range 100 {
						conns[i].Ask(conns[i].Pack("GET", configMaps, harness.UserToken, "accept", accept), true)
					}
				}
				for _, c := range conns {
					a.Wait("the end of all lists", func() bool { return c.Closed() == 100 })
				}
			}
		},
	}.Test(t)
}

// The flags are upstream's, and writes have a limit of their own.
func TestWritesThatNobodySends(t *testing.T) {
	Attack{
		Fault: "S7", Flags: []string{"--request-timeout=5s", "--max-requests-inflight=3", "--max-mutating-requests-inflight=5"},
		Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) { a.Grant("create", "configmaps"); a.Grant("get", "configmaps") },
		Run: func(a *Target) {
			c := a.Dial()
			for range 20 {
				c.Ask(c.Pack("POST", configMaps, harness.UserToken, "content-type", "application/json", "content-length", "1000"), false)
			}
			a.Wait("the refusals", func() bool { return c.Statuses()["429"] == 15 })
			if code, text := a.Do(a.User, "GET", configMaps+"/none", ""); code != http.StatusNotFound {
				a.Errorf("a read gets %d %s", code, text)
			}
			a.Wait("the end of the others", func() bool { return c.Statuses()["504"] == 5 })
			if got := c.Statuses(); got["429"] != 15 {
				a.Errorf("answers %v", got)
			}
		},
	}.Test(t)
}

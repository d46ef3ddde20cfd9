package attack

import (
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Watches begin with a large state, of which their clients take a byte. They are no requests that a limit counts, and may last
// for an hour.
func TestWatchesThatNobodyReads(t *testing.T) {
	Attack{
		// The long form has 30,000 watches. Half of its 120 connections keep 2 MB of what their windows cut through.
		Memory: bound[int64](150<<20, 300<<20), CPU: 15 * time.Second,
		Prepare: func(a *Target) { largeList(a, 4, 64<<10); a.Grant("watch", "configmaps") },
		Run: func(a *Target) {
			const watches = 250
			for _, window := range []uint32{0, 1} {
				for range a.Times(10, 60) {
					c := a.Dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
					for range watches {
						c.Ask(c.Pack("GET", configMaps+"?watch=1", harness.UserToken), true)
					}
					a.Wait("the beginning of the watches", func() bool { return c.Statuses()["200"] == watches })
					c.Ping()
				}
			}
		},
	}.Test(t)
}

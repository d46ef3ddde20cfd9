package attack

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// bomb is a packed GET with a megabyte of cookies in few bytes: the first is kept in the server's table, each further one is a
// byte that names it.
func bomb(c *Conn, path, token string) []byte {
	block := c.Pack("GET", path, token, "cookie", strings.Repeat("x", 3700))
	newest := byte(0x80 | 62)
	if token != "" {
		newest++ // the token lies before it
	}
	return append(block, slices.Repeat([]byte{newest}, 254)...)
}

// Strangers ask with headers that are a megabyte when unpacked, for answers that they do not take.
func TestHeadersOfStrangers(t *testing.T) {
	Attack{
		Fault: "S6", Flags: []string{"--request-timeout=2s"},
		// The long form sends 3.8 million header fields; each request joins a megabyte of cookies.
		Memory: 100 << 20, CPU: bound(10*time.Second, 30*time.Second),
		Run: func(a *Target) {
			asked := map[*Conn][]uint32{}
			for range a.Times(20, 60) {
				c := a.Dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
				for range a.Times(50, 250) {
					asked[c] = append(asked[c], c.Ask(bomb(c, "/version", ""), true))
				}
				c.Ping()
			}
			for c, ids := range asked {
				a.Ended(c, ids)
			}
		},
	}.Test(t)
}

// A user asks with such headers for lists that he does not take, so that there are handlers at work for all of them.
func TestHeadersOfListers(t *testing.T) {
	Attack{
		Flags:  []string{"--request-timeout=3s"},
		Memory: 250 << 20, CPU: 15 * time.Second,
		Prepare: func(a *Target) { largeList(a, 8, 64<<10) },
		Run: func(a *Target) {
			asked := map[*Conn][]uint32{}
			for range a.Times(20, 60) {
				c := a.Dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
				for range a.Times(20, 250) {
					asked[c] = append(asked[c], c.Ask(bomb(c, configMaps, harness.UserToken), true))
				}
				c.Ping()
			}
			for c, ids := range asked {
				a.Ended(c, ids)
				if n := c.Statuses()["200"]; n == 0 || n > 5 {
					a.Errorf("%d lists began on one connection, with headers of a megabyte each", n)
				}
			}
		},
	}.Test(t)
}

package harness

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// FreePort is a port of the loopback interface that will still be free after a server at it was killed: it is outside of the
// range from which outgoing connections take theirs, which would otherwise come to occupy it, or to connect to themselves.
func FreePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

package harness

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// FreePort is FindPort for a test, which fails where there is none.
func FreePort(t testing.TB) string {
	t.Helper()
	port, err := FindPort()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// FindPort is a port of the loopback interface that will still be free after a server at it was killed: it is outside of the
// range from which outgoing connections take theirs, which would otherwise come to occupy it, or to connect to themselves.
// A second call before the first one listens may return the same port.
func FindPort() (int, error) {
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			if err := l.Close(); err != nil {
				return 0, fmt.Errorf("free port: %w", err)
			}
			return port, nil
		}
	}
	return 0, errors.New("no port is free")
}

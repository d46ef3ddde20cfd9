package kube

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before the nth attempt after a conflict: a few milliseconds, doubling, each a little different.
func backoff(n int) time.Duration {
	d := 10 * time.Millisecond << min(n-1, 6)
	return d + rand.N(d)
}

const (
	firstReconnect = 500 * time.Millisecond
	lastReconnect  = 30 * time.Second
)

// reconnect is how long a watch waits before its nth attempt to connect again.
func reconnect(n int) time.Duration {
	d := lastReconnect
	if n <= 6 {
		d = min(firstReconnect<<n, lastReconnect)
	}
	return d/2 + rand.N(d/2)
}

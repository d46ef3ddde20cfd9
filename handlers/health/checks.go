package health

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// Ping always passes: the answer says that the server serves.
func Ping() Check { return Check{Name: "ping", Probe: func(*http.Request) error { return nil }} }

var errShuttingDown = errors.New("process is shutting down")

// Shutdown fails once stop is closed, so that load balancers look elsewhere while requests drain. It belongs on /readyz
// only: a server that drains is alive.
func Shutdown(stop <-chan struct{}) Check {
	return Check{Name: "shutdown", Probe: func(*http.Request) error {
		select {
		case <-stop:
			return errShuttingDown
		default:
			return nil
		}
	}}
}

// blockedAfter is how long one write to the log may take.
const blockedAfter = 2 * time.Minute

// LogWriter passes the log on and knows whether it gets through: a full pipe on stderr blocks every request that logs.
type LogWriter struct {
	to  io.Writer
	now func() time.Time

	mu      sync.Mutex
	writing map[uint64]time.Time // when each write under way began
	next    uint64
}

// NewLogWriter writes to w.
func NewLogWriter(w io.Writer) *LogWriter {
	return &LogWriter{to: w, now: time.Now, writing: map[uint64]time.Time{}}
}

// Write implements io.Writer.
func (l *LogWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	id := l.next
	l.next++
	l.writing[id] = l.now()
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.writing, id)
		l.mu.Unlock()
	}()
	return l.to.Write(b)
}

var errLogBlocked = errors.New("logging blocked")

// Check fails while a write has been under way for too long.
func (l *LogWriter) Check() Check {
	return Check{Name: "log", Probe: func(*http.Request) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, since := range l.writing {
			if l.now().Sub(since) > blockedAfter {
				return errLogBlocked
			}
		}
		return nil
	}}
}

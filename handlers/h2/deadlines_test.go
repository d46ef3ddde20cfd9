package h2

import (
	"testing"
	"time"
)

// A timer that has fired and waits for the lock does nothing when its deadline was moved, or taken back, before it had that.
func TestDeadlineMoved(t *testing.T) {
	for what, move := range map[string]func(st *stream, d *deadline){
		"moved":      func(st *stream, d *deadline) { st.rearm(d, time.Now().Add(time.Hour), func() {}) },
		"taken back": func(st *stream, d *deadline) { st.rearm(d, time.Time{}, func() {}) },
		"stopped":    func(st *stream, _ *deadline) { st.stopDeadlines() },
	} {
		t.Run(what, func(t *testing.T) {
			c := &conn{server: &server{}}
			st := c.newStream(1, func() {})
			acted := make(chan struct{}, 1)
			c.mu.Lock()
			d := &st.timer().read
			st.rearm(d, time.Now().Add(time.Millisecond), func() { acted <- struct{}{} })
			time.Sleep(20 * time.Millisecond) // it fires meanwhile
			move(st, d)
			c.mu.Unlock()
			select {
			case <-acted:
				t.Error("the old timer has acted")
			case <-time.After(50 * time.Millisecond):
			}
			c.mu.Lock()
			d.stop()
			c.mu.Unlock()
		})
	}
}

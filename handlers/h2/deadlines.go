package h2

import (
	"os"
	"time"

	"golang.org/x/net/http2"
)

// deadlines are a stream's timers; most streams have none. Fields belong to conn.mu.
type deadlines struct {
	read, write deadline
	// late says that the write deadline was what ended the stream.
	late bool
}

// deadline is when a timer is to act. It may have fired and wait for the lock while that is moved.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
	*d = deadline{}
}

// setReadDeadline fails reads of the body from then on. c.mu is held, as in the rest of this file.
func (st *stream) setReadDeadline(t time.Time) {
	if st.body == nil {
		return
	}
	st.rearm(&st.timer().read, t, func() {
		if st.body != nil {
			st.body.fail(os.ErrDeadlineExceeded)
		}
	})
}

// setWriteDeadline resets the stream then, which ends a write that waits.
func (st *stream) setWriteDeadline(t time.Time) {
	st.rearm(&st.timer().write, t, func() {
		if !st.gone && st.timers != nil {
			st.timers.late = true
			st.conn.reset(st, http2.ErrCodeInternal)
			st.conn.kick()
		}
	})
}

func (st *stream) timer() *deadlines {
	if st.timers == nil {
		st.timers = &deadlines{}
	}
	return st.timers
}

// rearm acts when the time has come, which may be at once.
func (st *stream) rearm(d *deadline, t time.Time, act func()) {
	if d.timer != nil && d.at.Equal(t) {
		return
	}
	d.stop()
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		act()
		return
	}
	d.at = t
	d.timer = time.AfterFunc(wait, func() {
		st.conn.mu.Lock()
		defer st.conn.mu.Unlock()
		if d.at.Equal(t) {
			act()
		}
	})
}

func (st *stream) stopDeadlines() {
	if st.timers == nil {
		return
	}
	st.timers.read.stop()
	st.timers.write.stop()
	st.timers = nil
}

// explain gives a write that was too late the error that says so.
func (st *stream) explain(err error) error {
	if err == nil {
		return nil
	}
	st.conn.mu.Lock()
	defer st.conn.mu.Unlock()
	if st.timers != nil && st.timers.late {
		return os.ErrDeadlineExceeded
	}
	return err
}

package etcd

import (
	"testing"
	"time"
)

// A stream is left when a question on it is not answered for long, and the next one begins with no question open.
func TestHearing(t *testing.T) {
	var h hearing
	now := time.Unix(1, 0)
	left := func(silent <-chan struct{}) bool {
		select {
		case <-silent:
			return true
		default:
			return false
		}
	}
	if h.ask(now) {
		t.Error("there is nobody to ask")
	}
	f := &feed{}
	h.begin(f)
	stream := h.listen()
	for _, step := range []struct {
		after       time.Duration
		heard       bool
		asked, left bool
	}{
		{asked: true},
		{after: feedPatience, asked: true},
		{heard: true, after: time.Hour, asked: true},
		{after: feedPatience + 1, left: true},
		{after: time.Hour, left: true},
	} {
		if step.heard {
			h.heard(f, 1)
		}
		now = now.Add(step.after)
		if asked := h.ask(now); asked != step.asked || left(stream) != step.left {
			t.Errorf("%+v: asked %t, left %t", step, asked, left(stream))
		}
	}
	next := h.listen()
	if !h.ask(now.Add(time.Hour)) || left(next) {
		t.Error("the next stream has the silence of the last one")
	}
	h.end(f)
	if h.ask(now.Add(2*time.Hour)) || left(next) {
		t.Error("a stream without feeds is asked")
	}
}

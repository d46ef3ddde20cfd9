package schema

import (
	"errors"
	"testing"
	"time"
)

// TestResting: a value is made once while it is in use, dropped when a whole period passed without use, and made again.
func TestResting(t *testing.T) {
	var look func()
	made, fail := 0, errors.New("not yet")
	r := resting[int]{
		make:  func() (int, error) { made++; return made, fail },
		after: func(_ time.Duration, f func()) *time.Timer { look = f; return nil },
	}
	if _, err := r.get(); err == nil || look != nil {
		t.Fatalf("%v, watched %t", err, look != nil)
	}
	fail, made = nil, 0
	get := func(want int) {
		t.Helper()
		if v, err := r.get(); v != want || err != nil {
			t.Fatalf("%d %v, want %d", v, err, want)
		}
	}
	get(1)
	get(1)
	look() // used since
	get(1)
	look()
	look()
	get(2)
}

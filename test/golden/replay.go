package golden

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

// Replay sends a script to our server and reports each step whose answer differs from the expected one. Later steps
// still run: a script that goes wrong in one place says so for that place, and for what depends on it.
func Replay(t *testing.T, at Target, script *Script) {
	t.Helper()
	ReplaySide(t, at, script, Ours)
}

// ReplaySide is Replay with the choice of whose answers are expected: the recorder proves its own work against the
// reference with it.
func ReplaySide(t *testing.T, at Target, script *Script, side Side) {
	t.Helper()
	runner, err := NewRunner(t.Context(), at)
	if err != nil {
		t.Fatalf("%s: %v", script.Name, err)
	}
	defer runner.Close()
	for _, step := range script.Steps {
		t.Run(step.Title, func(t *testing.T) {
			got, err := runner.Step(t.Context(), step)
			if err != nil {
				t.Errorf("%s:%d: %v", script.Name, step.Line, err)
			}
			if want := step.Want(side); got != want {
				t.Errorf("%s:%d: the answer differs (- expected, + came):\n%s\n%s", script.Name, step.Line, step.Head, diff.Lines(want, got))
			}
		})
	}
}

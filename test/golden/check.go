package golden

import (
	"context"
	"fmt"
	"io"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

// Check runs a script outside a test: it writes the differences to out and returns how many steps differ. With record
// it puts the answers into the script; a step that got no answer, or whose assertions fail, is an error then, because
// nothing sensible can be recorded.
func Check(ctx context.Context, out io.Writer, at Target, script *Script, side Side, record bool) (int, error) {
	runner, err := NewRunner(ctx, at)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", script.Name, err)
	}
	defer runner.Close()
	differing := 0
	for _, step := range script.Steps {
		got, err := runner.Step(ctx, step)
		if err != nil && record {
			return 0, fmt.Errorf("%s:%d: %s: %w\n%s", script.Name, step.Line, step.Title, err, got)
		}
		if want := step.Want(side); err != nil || got != want {
			differing++
			if !record {
				fmt.Fprintf(out, "%s:%d: %s\n", script.Name, step.Line, step.Title)
				if err != nil {
					fmt.Fprintln(out, err)
				}
				fmt.Fprintln(out, diff.Lines(want, got))
			}
		}
		if record {
			step.Record(side, got)
		}
	}
	return differing, nil
}

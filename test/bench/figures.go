package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// column is a server with a store, as the table has it.
type column string

const (
	theirs       column = "the original"
	ownPods      column = "ours"
	samePods     column = "ours, same pods"
	sameAndOther column = "... and etcd outside"
)

// cell is one figure's place.
type cell struct {
	row    string
	column column
}

// figures are all readings of a run. Its benchmarks come one after the other, so it needs no lock.
type figures struct {
	readings map[cell][]float64
	// words stand where no figure can.
	words map[cell]string
	// remarks come under the table, each once.
	remarks []string
	// out is the folder for every reading as it comes; empty if none is wanted. Several runs may share it.
	out   string
	begun bool
}

func newFigures(out string) *figures {
	return &figures{readings: map[cell][]float64{}, words: map[cell]string{}, out: out}
}

// add keeps a reading; detail is what else is known of it, for the file.
func (f *figures) add(row string, c column, value float64, detail any) error {
	at := cell{row, c}
	f.readings[at] = append(f.readings[at], value)
	return f.write(map[string]any{"row": row, "column": c, "value": value, "detail": detail})
}

// addResult keeps what loadgen found for a row: a figure, or why there is none.
func (f *figures) addResult(r row, c column, got result) error {
	if words, refused := got.refused(); refused {
		f.words[cell{r.name, c}] = words
		return f.write(map[string]any{"row": r.name, "column": c, "detail": got})
	}
	if remark := got.incomplete(); remark != "" {
		f.remark(fmt.Sprintf("%s, %s: %s", r.what, c, remark))
	}
	return f.add(r.name, c, r.of(got), got)
}

func (f *figures) remark(text string) {
	if !slices.Contains(f.remarks, text) {
		f.remarks = append(f.remarks, text)
	}
}

// write appends a line to the file of readings. It is written as the run goes, so that one that breaks off leaves what it had.
func (f *figures) write(line any) error {
	if f.out == "" {
		return nil
	}
	if !f.begun {
		f.begun = true
		if err := f.write(map[string]string{"begun": time.Now().UTC().Format(time.RFC3339)}); err != nil {
			return err
		}
	}
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode a reading: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(f.out, "readings.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("readings: %w", err)
	}
	if _, err := file.Write(append(b, '\n')); err != nil {
		file.Close()
		return fmt.Errorf("readings: %w", err)
	}
	return file.Close()
}

// figure is the median of a cell's readings and how far they lie apart, in percent of it; zero where there are none.
func (f *figures) figure(row string, c column) (middle, spread float64, n int) {
	all := f.readings[cell{row, c}]
	if len(all) == 0 {
		return 0, 0, 0
	}
	middle = median(all)
	if middle > 0 {
		spread = 100 * (slices.Max(all) - slices.Min(all)) / middle
	}
	return middle, spread, len(all)
}

// median is the middle one, or the mean of the two in the middle.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The run: what was asked for, and what its benchmarks have found so far.
var (
	asked settings
	found *figures
	grown growth
	// programs is the folder of our server, made when it is first needed.
	programs string
)

// TestMain prints the tables when all benchmarks are through, so that they stand together at the end, also after a failure.
func TestMain(m *testing.M) {
	var err error
	if asked, err = readSettings(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	found = newFigures(asked.out)
	before := loadAverage()
	code := m.Run()
	for _, err := range []error{publish(before), os.RemoveAll(programs)} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// publish prints what was measured and writes it to the files that were asked for.
func publish(before string) error {
	if len(found.readings) == 0 && len(grown.sizes) == 0 && len(grown.crowds) == 0 {
		return nil
	}
	var parts []string
	if table := found.table(budgets(asked.pods)); table != "" {
		parts = append(parts, asked.conditions(before), table)
	}
	if remarks := append(found.remarks, asked.missing...); len(remarks) > 0 {
		parts = append(parts, "- "+strings.Join(remarks, "\n- ")+"\n")
	}
	text := strings.Join(append(parts, grown.tables()...), "\n")
	fmt.Printf("\n%s\n", text)
	if asked.out != "" {
		if err := writeFile(asked.out, "tables.md", text); err != nil {
			return err
		}
	}
	return grown.draw(asked.out)
}

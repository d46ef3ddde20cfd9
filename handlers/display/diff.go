package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/pmezard/go-difflib/difflib"
)

// Diff is the difference that a refused update shows: a unified diff of both sides as indented JSON of the internal types.
func Diff(old, now any) string {
	a, aErr := json.MarshalIndent(shown{old}, "", " ")
	b, bErr := json.MarshalIndent(shown{now}, "", " ")
	if err := errors.Join(aErr, bErr); err != nil {
		return fmt.Sprintf("error generating diff: %v", err)
	}
	return diffLines(difflib.SplitLines(string(a)), difflib.SplitLines(string(b)))
}

// difflib is quadratic in the number of lines. Of texts with more than mostLines it gets the part that differs, and of that
// at most mostDiffering lines.
const mostLines, mostDiffering, linesAround = 5000, 1000, 3

func diffLines(a, b []string) string {
	skipped, more := 0, ""
	if max(len(a), len(b)) > mostLines {
		for skipped < min(len(a), len(b)) && a[skipped] == b[skipped] {
			skipped++
		}
		same := 0
		for same < min(len(a), len(b))-skipped && a[len(a)-1-same] == b[len(b)-1-same] {
			same++
		}
		skipped, same = max(0, skipped-linesAround), max(0, same-linesAround)
		a, b = a[skipped:len(a)-same], b[skipped:len(b)-same]
		if max(len(a), len(b)) > mostDiffering {
			a, b, more = a[:min(len(a), mostDiffering)], b[:min(len(b), mostDiffering)], "...\n"
		}
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: a, B: b, Context: linesAround})
	if err != nil {
		return fmt.Sprintf("error generating diff: %v", err)
	}
	if skipped > 0 {
		text = hunk.ReplaceAllStringFunc(text, func(head string) string {
			var from, fromLines, to, toLines int
			if _, err := fmt.Sscanf(head, "@@ -%d,%d +%d,%d @@", &from, &fromLines, &to, &toLines); err != nil {
				return head
			}
			return fmt.Sprintf("@@ -%d,%d +%d,%d @@", from+skipped, fromLines, to+skipped, toLines)
		})
	}
	return text + more
}

// hunk is the head of a hunk of a unified diff.
var hunk = regexp.MustCompile(`(?m)^@@ -\d+,\d+ \+\d+,\d+ @@`)

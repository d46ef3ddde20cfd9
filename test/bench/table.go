package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// table is the table of budgets in Markdown, with the rows and columns of which anything was measured; empty if nothing was.
func (f *figures) table(rows []row) string {
	var columns []column
	for _, c := range []column{theirs, ownPods, samePods, sameAndOther} {
		if f.hasColumn(c) {
			columns = append(columns, c)
		}
	}
	head := []string{"what", "unit", "budget"}
	compared := f.hasColumn(theirs)
	for _, c := range columns {
		head = append(head, string(c))
		if compared && c != theirs {
			head = append(head, "ratio")
		}
	}
	var out strings.Builder
	for _, r := range rows {
		line := []string{r.what, string(r.unit), r.budget()}
		any := false
		base, _, _ := f.figure(r.name, theirs)
		for _, c := range columns {
			text, own := f.text(r, c)
			any = any || text != ""
			line = append(line, text)
			if compared && c != theirs {
				line = append(line, ratio(own, base))
			}
		}
		if any {
			writeRow(&out, append(line, f.verdict(r)))
		}
	}
	if out.Len() == 0 {
		return ""
	}
	var top strings.Builder
	writeRow(&top, append(head, ""))
	top.WriteString(strings.Repeat("|---", len(head)+1) + "|\n")
	return top.String() + out.String()
}

func writeRow(out *strings.Builder, cells []string) {
	for _, c := range cells {
		out.WriteString("| " + c + " ")
	}
	out.WriteString("|\n")
}

func (f *figures) hasColumn(c column) bool {
	for at := range f.readings {
		if at.column == c {
			return true
		}
	}
	return false
}

// text is a cell, with the spread of its readings if there is more than one, and its figure.
func (f *figures) text(r row, c column) (string, float64) {
	middle, spread, n := f.figure(r.name, c)
	switch {
	case n == 0:
		return f.words[cell{r.name, c}], 0
	case n == 1:
		return number(middle), middle
	}
	return fmt.Sprintf("%s (%.0f %%)", number(middle), spread), middle
}

// verdict holds a row against its budget. With the same pods both do the same work, so where there is such a figure it is
// the one that counts.
func (f *figures) verdict(r row) string {
	base, _, _ := f.figure(r.name, theirs)
	own, _, _ := f.figure(r.name, ownPods)
	same, _, n := f.figure(r.name, samePods)
	metOwn, known := r.met(own, base)
	if n > 0 {
		metSame, knownSame := r.met(same, base)
		switch {
		case knownSame && metSame:
			return "met"
		case knownSame && known && metOwn:
			return "**missed with the same pods**"
		case knownSame:
			return "**missed**"
		}
	}
	switch {
	case !known:
		return ""
	case metOwn:
		return "met"
	}
	return "**missed**"
}

// ratio is ours to upstream's, as a budget is written: 1/8 is an eighth.
func ratio(own, other float64) string {
	if own == 0 || other == 0 {
		return ""
	}
	switch times := other / own; {
	case times >= 100:
		return fmt.Sprintf("1/%.0f", times)
	case times >= 10:
		return fmt.Sprintf("1/%.1f", times)
	default:
		return fmt.Sprintf("1/%.2f", times)
	}
}

// number has about three digits that count, and commas between thousands.
func number(v float64) string {
	switch {
	case v == math.Trunc(v) && v < 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return grouped(int(math.Round(v)))
}

// grouped writes a number that is not negative with commas between thousands.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

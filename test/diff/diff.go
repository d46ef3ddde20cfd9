// Package diff shows tests where two texts differ. It imports nothing of ours.
package diff

import "strings"

// around is how many equal lines are shown around a difference.
const around = 4

// Lines lists two texts line by line where they differ: "-" stands before what was expected only, "+" before what came only.
func Lines(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var lines []string
	for _, line := range a[:head] {
		lines = append(lines, "  "+line)
	}
	lines = append(lines, middle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	for _, line := range a[len(a)-tail:] {
		lines = append(lines, "  "+line)
	}
	return shorten(lines)
}

// middle aligns two texts by their longest common part. It is quadratic, which outputs and answers are short enough for.
func middle(a, b []string) (lines []string) {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, "  "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, "- "+a[i])
			i++
		default:
			lines = append(lines, "+ "+b[j])
			j++
		}
	}
	return lines
}

// shorten leaves out equal lines that are far from any difference.
func shorten(lines []string) string {
	var b strings.Builder
	last := -1 // the last line that was written
	for i, line := range lines {
		if !nearDifference(lines, i) {
			continue
		}
		if i > last+1 {
			b.WriteString("  ...\n")
		}
		last = i
		b.WriteString(line + "\n")
	}
	if last < len(lines)-1 {
		b.WriteString("  ...\n")
	}
	return b.String()
}

func nearDifference(lines []string, i int) bool {
	for _, line := range lines[max(0, i-around):min(len(lines), i+around+1)] {
		if line[0] != ' ' {
			return true
		}
	}
	return false
}

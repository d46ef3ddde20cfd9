package batch

import (
	"fmt"
	"strconv"
	"strings"
)

// interval is one part of a list of indexes: "3" or "5-7".
type interval struct{ first, last int }

func parseInterval(text string, completions int) (interval, error) {
	parts := strings.Split(text, "-")
	if len(parts) > 2 {
		return interval{}, fmt.Errorf("the fragment %q violates the requirement that an index interval can have at most two parts separated by '-'", text)
	}
	number := func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		switch {
		case err != nil:
			return 0, fmt.Errorf("cannot convert string to integer for index: %q", s)
		case n >= completions:
			return 0, fmt.Errorf("too large index: %q", s)
		}
		return n, nil
	}
	first, err := number(parts[0])
	if err != nil || len(parts) == 1 {
		return interval{first, first}, err
	}
	last, err := number(parts[1])
	if err == nil && first >= last {
		err = fmt.Errorf("non-increasing order, previous: %d, current: %d", first, last)
	}
	return interval{first, last}, err
}

// parseIndexes parses a list of ascending indexes and returns their number.
func parseIndexes(text string, completions int32) (total int, err error) {
	if text == "" {
		return 0, nil
	}
	before := -1
	for i, part := range strings.Split(text, ",") {
		x, err := parseInterval(part, int(completions))
		if err != nil {
			return 0, err
		}
		if i > 0 && before >= x.first {
			return 0, fmt.Errorf("non-increasing order, previous: %d, current: %d", before, x.first)
		}
		total += x.last - x.first + 1
		before = x.last
	}
	return total, nil
}

// commonIndex is the first index in both lists, which are sorted. It skips invalid parts, which parseIndexes reports.
func commonIndex(a, b string, completions int32) (int, bool) {
	if a == "" || b == "" {
		return 0, false
	}
	parse := func(text string) (out []interval) {
		for _, part := range strings.Split(text, ",") {
			if x, err := parseInterval(part, int(completions)); err == nil {
				out = append(out, x)
			}
		}
		return out
	}
	x, y := parse(a), parse(b)
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].first <= y[0].last && y[0].first <= x[0].last:
			return max(x[0].first, y[0].first), true
		case x[0].first <= y[0].first:
			x = x[1:]
		default:
			y = y[1:]
		}
	}
	return 0, false
}

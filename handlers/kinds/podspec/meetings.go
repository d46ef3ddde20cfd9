package podspec

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// meeting is a pair of files of which one is the other or lies below it, by their places in the list.
type meeting struct{ later, earlier int }

// meetings are the first pairs of overlapping files, sorted by the later file, then by the earlier one; at least limit of them,
// if there are as many. Comparing all pairs would be quadratic in the length of the client's list.
func meetings(files []file, limit int) []meeting {
	n := len(files)
	if len(pairs(files, limit)) >= limit {
		// The shortest prefix of the list with limit pairs has the first ones.
		n = sort.Search(n, func(n int) bool { return len(pairs(files[:n], limit)) >= limit })
	}
	// One file less had fewer than limit pairs, and the last one meets each other file at most once.
	out := pairs(files[:n], limit+n)
	slices.SortFunc(out, func(a, b meeting) int {
		return cmp.Or(cmp.Compare(a.later, b.later), cmp.Compare(a.earlier, b.earlier))
	})
	return out
}

// pairs are up to limit pairs of overlapping files, in any order. In path order the files below a path follow it.
func pairs(files []file, limit int) (out []meeting) {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return comparePaths(files[a].path, files[b].path) })
	var above []int
	for _, i := range order {
		for len(above) > 0 && !below(files[i].path, files[above[len(above)-1]].path) {
			above = above[:len(above)-1]
		}
		for _, j := range above {
			if len(out) == limit {
				return out
			}
			out = append(out, meeting{max(i, j), min(i, j)})
		}
		above = append(above, i)
	}
	return out
}

// below reports whether a path equals another or is below it.
func below(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || rest[0] == '/')
}

// comparePaths orders paths by their parts: a slash comes before every other character.
func comparePaths(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	switch {
	case n == len(a) || n == len(b):
		return cmp.Compare(len(a), len(b))
	case a[n] == '/':
		return -1
	case b[n] == '/':
		return 1
	}
	return cmp.Compare(a[n], b[n])
}

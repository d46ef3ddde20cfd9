package cache

import (
	"slices"
	"sort"
)

// longestRun is how many keys lie in one piece: what an insertion moves at most.
const longestRun = 128

// posting is a sorted set of keys, in runs of neighbours. The zero value is empty.
type posting struct {
	runs [][]string
	size int
}

// newPosting is a posting of keys that are sorted and differ. They are not kept, but their bytes are.
func newPosting(keys []string) *posting {
	p := &posting{size: len(keys)}
	p.runs = make([][]string, 0, (len(keys)+longestRun-1)/longestRun)
	for run := range slices.Chunk(keys, longestRun) {
		p.runs = append(p.runs, slices.Clone(run))
	}
	return p
}

// find is the run that holds a key or would, and the key's place in it. For a key beyond all others it is the last run.
func (p *posting) find(key string) (run, at int, found bool) {
	run = sort.Search(len(p.runs), func(i int) bool { return p.runs[i][len(p.runs[i])-1] >= key })
	if run == len(p.runs) {
		if run == 0 {
			return 0, 0, false
		}
		return run - 1, len(p.runs[run-1]), false
	}
	at, found = slices.BinarySearch(p.runs[run], key)
	return run, at, found
}

func (p *posting) add(key string) {
	i, at, found := p.find(key)
	switch {
	case found:
		return
	case len(p.runs) == 0:
		p.runs = [][]string{{key}}
	case len(p.runs[i]) < longestRun:
		p.runs[i] = slices.Insert(p.runs[i], at, key)
	case at == longestRun:
		// Keys that come in order fill their runs.
		p.runs = slices.Insert(p.runs, i+1, []string{key})
	default:
		half := longestRun / 2
		right := slices.Clone(p.runs[i][half:])
		// The left half keeps its room: it has been growing.
		clear(p.runs[i][half:])
		p.runs[i] = p.runs[i][:half]
		p.runs = slices.Insert(p.runs, i+1, right)
		if at > half {
			i, at = i+1, at-half
		}
		p.runs[i] = slices.Insert(p.runs[i], at, key)
	}
	p.size++
}

func (p *posting) remove(key string) {
	i, at, found := p.find(key)
	if !found {
		return
	}
	p.size--
	p.runs[i] = slices.Delete(p.runs[i], at, at+1)
	switch {
	case len(p.runs[i]) == 0:
		p.runs = slices.Delete(p.runs, i, i+1)
	case i > 0 && len(p.runs[i-1])+len(p.runs[i]) <= longestRun/2:
		p.runs[i-1] = append(p.runs[i-1], p.runs[i]...)
		p.runs = slices.Delete(p.runs, i, i+1)
	}
}

// rank is the number of keys smaller than key.
func (p *posting) rank(key string) int {
	run, at, _ := p.find(key)
	for _, r := range p.runs[:run] {
		at += len(r)
	}
	return at
}

// count is the number of keys in [from, end); end "" is the end of all keys.
func (p *posting) count(from, end string) int {
	last := p.size
	if end != "" {
		last = p.rank(end)
	}
	return max(0, last-p.rank(from))
}

// appendKeys appends the first keys in [from, end), at most most of them; more says that there are others.
func (p *posting) appendKeys(dst []string, from, end string, most int) (keys []string, more bool) {
	run, at, _ := p.find(from)
	for ; run < len(p.runs); run, at = run+1, 0 {
		part := p.runs[run][at:]
		last := end != "" && len(part) > 0 && part[len(part)-1] >= end
		if last {
			n, _ := slices.BinarySearch(part, end)
			part = part[:n]
		}
		if len(part) > most {
			return append(dst, part[:most]...), true
		}
		dst, most = append(dst, part...), most-len(part)
		if last {
			break
		}
	}
	return dst, false
}

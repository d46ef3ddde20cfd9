package rbac

import "slices"

// few is how many words are looked through one by one. What is longer has a map: lists are as long as writers make them.
const few = 16

// words is a list of a rule that is asked again and again.
type words struct {
	list []string
	// all has them when they are more than a few.
	all map[string]struct{}
	// any says that the wildcard is among them.
	any bool
}

func newWords(list []string) words {
	w := words{list: list, any: slices.Contains(list, all)}
	if len(list) > few {
		w.all = make(map[string]struct{}, len(list))
		for _, s := range list {
			w.all[s] = struct{}{}
		}
	}
	return w
}

// has says whether a word is there as it is.
func (w *words) has(s string) bool {
	if w.all != nil {
		_, has := w.all[s]
		return has
	}
	return slices.Contains(w.list, s)
}

// covers is has, the wildcard counting for every word.
func (w *words) covers(s string) bool { return w.any || w.has(s) }

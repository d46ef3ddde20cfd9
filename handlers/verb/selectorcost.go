package verb

import (
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	operator "k8s.io/apimachinery/pkg/selection"
)

const (
	// maxRequirements bounds what a selector asks of an object. Watches are matched with every change of their collection, in
	// one goroutine for all.
	maxRequirements = 256
	// fewValues is how many values of a requirement are looked through one by one, as apimachinery does with any number.
	fewValues = 16
)

// affordable is the selectors in a form whose matching costs little, or why they cannot be had in one.
func affordable(l labels.Selector, f fields.Selector) (labels.Selector, error) {
	required, selectable := l.Requirements()
	if n := len(required) + len(f.Requirements()); n > maxRequirements {
		return nil, fmt.Errorf("the selectors have %d requirements, more than %d", n, maxRequirements)
	}
	if !selectable {
		return l, nil
	}
	out := valueSets{Selector: l}
	for i := range required {
		r := &required[i]
		values := r.ValuesUnsorted()
		if len(values) <= fewValues {
			out.others = append(out.others, r)
			continue
		}
		switch r.Operator() {
		case operator.In, operator.NotIn:
			set := make(map[string]struct{}, len(values))
			for _, v := range values {
				set[v] = struct{}{}
			}
			out.sets = append(out.sets, valueSet{r.Key(), r.Operator() == operator.NotIn, set})
		default:
			out.others = append(out.others, r)
		}
	}
	if len(out.sets) == 0 {
		return l, nil
	}
	return out, nil
}

// valueSets is a selector whose long lists of values are sets.
type valueSets struct {
	labels.Selector
	sets   []valueSet
	others []*labels.Requirement
}

// valueSet is a requirement that a label has one of some values, or none of them.
type valueSet struct {
	label   string
	without bool
	values  map[string]struct{}
}

// Matches implements labels.Selector.
func (s valueSets) Matches(l labels.Labels) bool {
	for _, r := range s.sets {
		value, has := l.Lookup(r.label)
		if has {
			_, has = r.values[value]
		}
		if has == r.without {
			return false
		}
	}
	for _, r := range s.others {
		if !r.Matches(l) {
			return false
		}
	}
	return true
}

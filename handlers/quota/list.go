// Package quota has the arithmetic of resource quotas: what an object uses, which quotas it falls under, and what a whole
// namespace uses. Admission charges by it (handlers/admission/quota), the usage controller recalculates by it
// (handlers/controllers). It reads objects and never writes any.
package quota

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// List is amounts by the name of a resource. Functions of this package never change a List that they were given.
type List = map[string]resource.Quantity

// Add is a + b for each name of either.
func Add(a, b List) List {
	sum := make(List, max(len(a), len(b)))
	for name, q := range a {
		sum[name] = q.DeepCopy()
	}
	addTo(sum, b)
	return sum
}

// addTo adds b to sum in place.
func addTo(sum, b List) {
	for name, q := range b {
		if has, found := sum[name]; found {
			has.Add(q)
			sum[name] = has
		} else {
			sum[name] = q.DeepCopy()
		}
	}
}

// raiseTo makes each amount of high at least that of b, in place.
func raiseTo(high, b List) {
	for name, q := range b {
		if has, found := high[name]; !found || q.Cmp(has) > 0 {
			high[name] = q.DeepCopy()
		}
	}
}

// Highest is the greater amount for each name of either.
func Highest(a, b List) List {
	high := Add(a, nil)
	raiseTo(high, b)
	return high
}

// Lowest is the smaller amount for each name of a; names that b lacks keep the amount of a.
func Lowest(a, b List) List {
	low := Add(a, nil)
	for name, q := range b {
		if has, found := low[name]; found && q.Cmp(has) < 0 {
			low[name] = q.DeepCopy()
		}
	}
	return low
}

// Increase is a - b where that is above zero. Names without an increase are left out.
func Increase(a, b List) List {
	more := List{}
	for name, q := range a {
		q = q.DeepCopy()
		if before, found := b[name]; found {
			q.Sub(before)
		}
		if q.Sign() > 0 {
			more[name] = q
		}
	}
	return more
}

// Less is a - b for each name of a, and never below zero.
func Less(a, b List) List {
	rest := make(List, len(a))
	for name, q := range a {
		q = q.DeepCopy()
		if taken, found := b[name]; found {
			if q.Sub(taken); q.Sign() < 0 {
				q = resource.Quantity{Format: q.Format}
			}
		}
		rest[name] = q
	}
	return rest
}

// Mask is what a has of the names in of.
func Mask[V any](a List, of map[string]V) List {
	out := List{}
	for name, q := range a {
		if _, found := of[name]; found {
			out[name] = q
		}
	}
	return out
}

// Above are the names of which a has more than limits allow, sorted.
func Above(a, limits List) (names []string) {
	for name, limit := range limits {
		if q, found := a[name]; found && q.Cmp(limit) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Negative are the names with an amount below zero, sorted.
func Negative(a List) (names []string) {
	for name, q := range a {
		if q.Sign() < 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Equal says whether both have the same names and amounts.
func Equal(a, b List) bool {
	return maps.EqualFunc(a, b, func(x, y resource.Quantity) bool { return x.Cmp(y) == 0 })
}

// Format has the amounts of the given names as messages show them.
func Format(a List, names []string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		q := a[name]
		parts[i] = name + "=" + q.String()
	}
	return strings.Join(parts, ",")
}

func one() resource.Quantity { return *resource.NewQuantity(1, resource.DecimalSI) }

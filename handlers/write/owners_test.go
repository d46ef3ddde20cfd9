package write

import (
	"slices"
	"strconv"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestUniqueOwners(t *testing.T) {
	yes, no, alsoYes := true, false, true
	a, b := metav1.OwnerReference{UID: "a", Controller: &yes}, metav1.OwnerReference{UID: "b"}
	again, other := metav1.OwnerReference{UID: "a", Controller: &alsoYes}, metav1.OwnerReference{UID: "a", Controller: &no}
	for name, c := range map[string]struct {
		refs  []metav1.OwnerReference
		kept  int
		twice []string
	}{
		"none":                    {nil, 0, nil},
		"different":               {[]metav1.OwnerReference{a, b}, 2, nil},
		"equal":                   {[]metav1.OwnerReference{a, b, again, b}, 2, []string{"a", "b"}},
		"the same uid, not equal": {[]metav1.OwnerReference{a, other}, 2, nil},
	} {
		if kept, twice := unique(c.refs); len(kept) != c.kept || !slices.Equal(twice, c.twice) {
			t.Errorf("%s: %v %v", name, kept, twice)
		}
	}
}

// Owners are a client's list: twice as many cost about twice as much, also when all have one uid.
func TestManyOwners(t *testing.T) {
	cost := func(n int) float64 {
		refs := make([]metav1.OwnerReference, n)
		for i := range refs {
			refs[i] = metav1.OwnerReference{UID: "a", Name: strconv.Itoa(i)}
		}
		return testing.AllocsPerRun(1, func() { unique(refs) })
	}
	if few, many := cost(20000), cost(40000); many > 2.3*few+10 {
		t.Errorf("20,000 cost %.0f allocations, 40,000 cost %.0f", few, many)
	}
}

package validation_test

import (
	"encoding/json"
	"math/rand"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/randfill"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// What the quick walk calls good, the library does too: for random objects, of which many are bad in one place only, and
// for those that upstream refused.
func TestGoodIsGood(t *testing.T) {
	words := []string{"", "a", "a-b", "example.com/a", "Always", "TCP", "In", "Exists", "/a", "../a", "A_B", "0644", "1.2.3.4", "a b", "cpu"}
	random := rand.New(rand.NewSource(1))
	fill := randfill.New().RandSource(random).NilChance(0.7).NumElements(0, 2).MaxDepth(8).Funcs(
		func(s *string, c randfill.Continue) { *s = words[c.Intn(len(words))] },
		func(n *int32, c randfill.Continue) { *n = int32(c.Intn(5)) - 1 },
		func(n *int64, c randfill.Continue) { *n = int64(c.Intn(5)) - 1 },
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewQuantity(c.Int63n(3)-1, resource.DecimalSI)
		},
		func(*runtime.Object, randfill.Continue) {},
		func(raw *json.RawMessage, _ randfill.Continue) { *raw = json.RawMessage("{}") },
	)
	rules, said, kindsSeen := kinds.FieldRules(), 0, 0
	for gvk, empty := range resources.Kinds {
		if !validation.HasRules(empty()) {
			continue
		}
		kindsSeen++
		for i := range 60 {
			o := empty()
			if i > 0 {
				fill.Fill(o)
			}
			if !rules.IsGood(o) {
				continue
			}
			said++
			if !rules.LibraryGood(o) {
				t.Fatalf("the library refuses %v\n%+v", gvk, o)
			}
		}
	}
	if kindsSeen < 50 || said < 5*kindsSeen {
		t.Errorf("%d of %d kinds are good", said, kindsSeen)
	}
	for _, o := range refused(t) {
		if !rules.LibraryGood(o) && rules.IsGood(o) {
			t.Errorf("%+v is good", o)
		}
	}
}

// refused are the objects of testdata that upstream does not take.
func refused(t *testing.T) (all []any) {
	b, err := os.ReadFile("testdata/refused.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Given json.RawMessage }
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		var meta struct{ APIVersion, Kind string }
		if err := json.Unmarshal(c.Given, &meta); err != nil {
			t.Fatal(err)
		}
		o := resources.Kinds[schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)]()
		if err := json.Unmarshal(c.Given, o); err != nil {
			continue // a fault of another kind
		}
		all = append(all, o)
	}
	return all
}

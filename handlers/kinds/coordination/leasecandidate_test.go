package coordination

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestNamesOfLeaseCandidates(t *testing.T) {
	rule := kindtest.Hooks(t, Kinds, "v1beta1", "leasecandidates", "").ValidateName
	for name, want := range map[string]bool{"a.b": true, "A_b": true, "a/b": false, "": false} {
		if msgs := rule(name, false); (len(msgs) == 0) != want {
			t.Errorf("%q: %v, want ok=%v", name, msgs, want)
		}
	}
}

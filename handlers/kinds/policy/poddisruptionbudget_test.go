package policy

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "poddisruptionbudgets", `{spec: {minAvailable: 1, maxUnavailable: 200%}}`, "", []string{
			`spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"200%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
			`spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%`}),
	})
}

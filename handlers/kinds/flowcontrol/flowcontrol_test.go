package flowcontrol

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The two of each kind that every server has are fixed, but for what the exempt level lends. No golden script asks for it:
// here they may be missing.
func TestFixed(t *testing.T) {
	const level, schema = "prioritylevelconfigurations", "flowschemas"
	const all = `subjects: [{kind: Group, group: {name: "system:masters"}}], resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}], nonResourceRules: [{verbs: ["*"], nonResourceURLs: ["*"]}]`
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: level, Object: `{metadata: {name: exempt}, spec: {type: Exempt, exempt: {nominalConcurrencyShares: 7, lendablePercent: 50}}}`},
		{Version: "v1", Resource: level, Object: `{metadata: {name: catch-all}, spec: {type: Limited, limited: {nominalConcurrencyShares: 5, lendablePercent: 1, limitResponse: {type: Reject}}}}`, Want: []string{
			`spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":5,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":1,"BorrowingLimitPercent":null},"Exempt":null}: spec of 'catch-all' must equal the fixed value`}},
		{Version: "v1", Resource: level, Object: `{metadata: {name: exempt}, spec: {type: Limited, limited: {nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: {type: Reject}}}}`, Want: []string{
			"spec.type: Invalid value: \"Limited\": must be 'Exempt' if and only if `name` is 'exempt'",
			`spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":5,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value`}},
		{Version: "v1", Resource: schema, Object: `{metadata: {name: exempt}, spec: {priorityLevelConfiguration: {name: exempt}, matchingPrecedence: 1, rules: [{` + all + `}]}}`},
		{Version: "v1", Resource: schema, Object: `{metadata: {name: exempt}, spec: {priorityLevelConfiguration: {name: x}, matchingPrecedence: 1}}`, Want: []string{
			`spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"x"},"MatchingPrecedence":1,"DistinguisherMethod":null,"Rules":null}: spec of 'exempt' must equal the fixed value`}},
	})
}

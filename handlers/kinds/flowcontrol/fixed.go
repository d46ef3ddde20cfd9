package flowcontrol

import flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

// The mandatory objects: priority level and flow schema exempt, and the catch-all ones.
const exempt, catchAll = "exempt", "catch-all"

var fixedLevels = map[string]flowcontrolv1.PriorityLevelConfigurationSpec{
	exempt: {Type: "Exempt", Exempt: &flowcontrolv1.ExemptPriorityLevelConfiguration{NominalConcurrencyShares: new(int32), LendablePercent: new(int32)}},
	catchAll: {Type: "Limited", Limited: &flowcontrolv1.LimitedPriorityLevelConfiguration{
		NominalConcurrencyShares: new(int32(5)), LendablePercent: new(int32), LimitResponse: flowcontrolv1.LimitResponse{Type: "Reject"},
	}},
}

var fixedSchemas = map[string]flowcontrolv1.FlowSchemaSpec{
	exempt: {
		PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: exempt}, MatchingPrecedence: 1,
		Rules: allRequestsOf("system:masters"),
	},
	catchAll: {
		PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: catchAll}, MatchingPrecedence: maxPrecedence,
		DistinguisherMethod: &flowcontrolv1.FlowDistinguisherMethod{Type: "ByUser"},
		Rules:               allRequestsOf("system:unauthenticated", "system:authenticated"),
	},
}

func allRequestsOf(groups ...string) []flowcontrolv1.PolicyRulesWithSubjects {
	all := []string{wildcard}
	rules := flowcontrolv1.PolicyRulesWithSubjects{
		ResourceRules:    []flowcontrolv1.ResourcePolicyRule{{Verbs: all, APIGroups: all, Resources: all, Namespaces: all, ClusterScope: true}},
		NonResourceRules: []flowcontrolv1.NonResourcePolicyRule{{Verbs: all, NonResourceURLs: all}},
	}
	for _, g := range groups {
		rules.Subjects = append(rules.Subjects, flowcontrolv1.Subject{Kind: "Group", Group: &flowcontrolv1.GroupSubject{Name: g}})
	}
	return []flowcontrolv1.PolicyRulesWithSubjects{rules}
}

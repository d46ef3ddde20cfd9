package rbac

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "rolebindings", Object: `{roleRef: {kind: Rol, name: a/b, apiGroup: x}, subjects: [{kind: User, name: a, apiGroup: v},{kind: Foo, name: ""},{kind: ServiceAccount, name: a, apiGroup: x}]}`, Want: []string{
			`roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"`,
			`roleRef.kind: Unsupported value: "Rol": supported values: "Role", "ClusterRole"`,
			`roleRef.name: Invalid value: "a/b": may not contain '/'`,
			`subjects[0].apiGroup: Unsupported value: "v": supported values: "rbac.authorization.k8s.io"`,
			`subjects[1].name: Required value`,
			`subjects[1].kind: Unsupported value: "Foo": supported values: "ServiceAccount", "User", "Group"`,
			`subjects[2].apiGroup: Unsupported value: "x": supported values: ""`}},
		{Version: "v1", Resource: "clusterrolebindings", Object: `{roleRef: {kind: Role, name: a, apiGroup: rbac.authorization.k8s.io}, subjects: [{kind: ServiceAccount, name: a}]}`, Want: []string{
			`roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"`, `subjects[0].namespace: Required value`}},
		{Version: "v1", Resource: "clusterrolebindings", Object: `{roleRef: {kind: ClusterRole, name: x, apiGroup: rbac.authorization.k8s.io}}`, Old: `{roleRef: {kind: ClusterRole, name: a, apiGroup: rbac.authorization.k8s.io}}`, Want: []string{
			`roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"x"}: cannot change roleRef`}},
		{Version: "v1", Resource: "roles", Object: `{rules: [{verbs: [get], nonResourceURLs: [/x], resources: [a]}, {}]}`, Want: []string{
			`rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs`,
			`rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs`,
			"rules[1].verbs: Required value: verbs must contain at least one value",
			"rules[1].apiGroups: Required value: resource rules must supply at least one api group",
			"rules[1].resources: Required value: resource rules must supply at least one resource"}},
		{Version: "v1", Resource: "clusterroles", Object: `{aggregationRule: {}}`, Want: []string{"aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"}},
		{Version: "v1", Resource: "rolebindings", Object: `{roleRef: {kind: Role, name: a, apiGroup: rbac.authorization.k8s.io}, subjects: [{kind: ServiceAccount, name: A}]}`, Want: []string{
			`subjects[0].name: Invalid value: "A": ` + kindtest.Subdomain}},
		{Version: "v1", Resource: "clusterroles", Object: `{aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: X}]}]}}`, Want: []string{
			`aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "X": not a valid selector operator`,
			"aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector."}},
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		resource, name string
		want           bool
	}{{"clusterroles", "system:node:x y", true}, {"clusterroles", "a/b", false}, {"roles", "a%b", false}, {"roles", "..", false}} {
		if msgs := kindtest.Hooks(t, Kinds, "v1", c.resource, "").ValidateName(c.name, false); (len(msgs) == 0) != c.want {
			t.Errorf("%s %q: %v, want ok=%v", c.resource, c.name, msgs, c.want)
		}
	}
}

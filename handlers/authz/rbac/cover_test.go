package rbac

import (
	"errors"
	"slices"
	"strings"
	"testing"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

func parseRules(texts []string) (out []rbacv1.PolicyRule) {
	for _, text := range texts {
		out = append(out, rule(text))
	}
	return out
}

func TestMissing(t *testing.T) {
	for _, c := range []struct {
		name         string
		held, wanted []string
		missing      string
	}{
		{"nothing of nothing", nil, nil, ""},
		{"the same", []string{"get core pods"}, []string{"get core pods"}, ""},
		{"spread over rules", []string{"get core pods", "list core pods", "get apps deployments"}, []string{"get,list core pods"}, ""},
		{"another verb", []string{"get core pods"}, []string{"get,delete core pods"}, `{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}`},
		{"verbs are joined, lines sorted", []string{"get core pods"}, []string{"update core secrets", "list,watch apps deployments", "patch core secrets"},
			`{APIGroups:[""], Resources:["secrets"], Verbs:["update" "patch"]}` + "\n" + `{APIGroups:["apps"], Resources:["deployments"], Verbs:["list" "watch"]}`},
		{"stars cover", []string{"* * *"}, []string{"escalate rbac.authorization.k8s.io roles named a", "* * *", "get core pods/log"}, ""},
		{"stars are not covered by a list", []string{"get core pods"}, []string{"* core pods", "get * pods", "get core *"},
			`{APIGroups:[""], Resources:["*"], Verbs:["get"]}` + "\n" + `{APIGroups:[""], Resources:["pods"], Verbs:["*"]}` + "\n" + `{APIGroups:["*"], Resources:["pods"], Verbs:["get"]}`},
		{"all objects are not covered by names", []string{"get core secrets named a"}, []string{"get core secrets"}, `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`},
		{"a name is covered by all objects", []string{"get core secrets"}, []string{"get core secrets named a"}, ""},
		{"names", []string{"get core secrets named a"}, []string{"get core secrets named a,b"}, `{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}`},
		{"subresources", []string{"get core pods", "update core */scale"}, []string{"get core pods/log", "update core deployments/scale,*/scale"}, `{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}`},
		{"a subresource of all is not all subresources", []string{"update core */scale"}, []string{"update core deployments/status"}, `{APIGroups:[""], Resources:["deployments/status"], Verbs:["update"]}`},
		{"paths", []string{"get path /healthz,/debug/*"}, []string{"get path /debug/pprof,/debug/*,/healthz,/metrics", "post path /healthz"},
			`{NonResourceURLs:["/healthz"], Verbs:["post"]}` + "\n" + `{NonResourceURLs:["/metrics"], Verbs:["get"]}`},
		{"resources cover no paths", []string{"* * *"}, []string{"get path /healthz"}, `{NonResourceURLs:["/healthz"], Verbs:["get"]}`},
		{"paths cover no resources", []string{"* path *"}, []string{"get core pods"}, `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`},
	} {
		lacking, err := missing(parseRules(c.held), parseRules(c.wanted))
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(lacking); got != c.missing {
			t.Errorf("%s:\n got  %s\n want %s", c.name, got, c.missing)
		}
		if got, err := Missing(parseRules(c.held), parseRules(c.wanted)); err != nil || len(got) != len(lacking) {
			t.Errorf("%s: %v %v", c.name, got, err)
		}
	}
}

// A rule of some kilobytes can stand for thousands of millions of rights.
func TestMissingIsBounded(t *testing.T) {
	many := strings.Split(strings.Repeat("x,", 2000), ",")
	for _, r := range []rbacv1.PolicyRule{
		{Verbs: many, APIGroups: many, Resources: many, ResourceNames: many},
		{Verbs: many, NonResourceURLs: many},
	} {
		if _, err := Missing(parseRules([]string{"* * *", "* path *"}), []rbacv1.PolicyRule{r}); !errors.Is(err, errTooMany) {
			t.Error(err)
		}
	}
	few := []rbacv1.PolicyRule{{Verbs: many[:40], APIGroups: many[:40], Resources: many[:40]}}
	if lacking, err := Missing(parseRules([]string{"* * *"}), few); err != nil || len(lacking) > 0 {
		t.Error(len(lacking), err)
	}
}

// FuzzMissing looks for a request that a rule allows although another set of rules was found to cover it and does not
// allow the request: that would be an escalation.
func FuzzMissing(f *testing.F) {
	f.Add("get core pods", "get core pods/log", "get core pods/log in a named b")
	f.Add("update * */scale", "update apps a/scale", "update apps a/scale")
	f.Add("get path /a/*", "get path /a/**", "get path /a/b")
	f.Add("* core * named x,y", "* core *", "get core a/b named x")
	f.Fuzz(func(t *testing.T, held, wanted, request string) {
		for _, s := range []string{held, wanted, request} {
			if n := len(strings.Fields(s)); n < 3 || n > 7 {
				return
			}
		}
		h, w := []rbacv1.PolicyRule{rule(held)}, rule(wanted)
		q := ask(request)
		combined := strings.TrimSuffix(q.Resource+"/"+q.Subresource, "/")
		lacking, err := missing(h, []rbacv1.PolicyRule{w})
		if err == nil && len(lacking) == 0 && allows(&w, &q, combined) &&
			!slices.ContainsFunc(h, func(r rbacv1.PolicyRule) bool { return allows(&r, &q, combined) }) {
			t.Errorf("%q is said to cover %q, which allows %q beyond it", held, wanted, request)
		}
	})
}

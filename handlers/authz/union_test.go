package authz_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// answer is an authorizer that always says the same.
type answer struct {
	decision authz.Decision
	reason   string
	err      error
}

func (a answer) Authorize(context.Context, authz.Attributes) (authz.Decision, string, error) {
	return a.decision, a.reason, a.err
}

func (a answer) Rules(context.Context, *resource.UserInfo, string) (authz.RuleSet, error) {
	return authz.RuleSet{NonResource: []authz.PathRule{{Paths: []string{a.reason}}}, Incomplete: a.err != nil}, a.err
}

func TestUnion(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		union    authz.Union
		decision authz.Decision
		reason   string
		err      string
	}{
		{nil, authz.NoOpinion, "", ""},
		{authz.Union{answer{reason: "a"}, answer{}, answer{reason: "b"}}, authz.NoOpinion, "a\nb", ""},
		{authz.Union{answer{reason: "a"}, answer{authz.Allow, "yes", nil}, answer{authz.Deny, "no", nil}}, authz.Allow, "yes", ""},
		{authz.Union{answer{reason: "a"}, answer{authz.Deny, "no", nil}, answer{authz.Allow, "yes", nil}}, authz.Deny, "no", ""},
		{authz.Union{answer{err: broken}, answer{authz.Allow, "yes", nil}}, authz.Allow, "yes", ""},
		{authz.Union{answer{err: broken}, answer{reason: "a"}}, authz.NoOpinion, "a", "broken"},
		{authz.Union{authz.AlwaysDeny{}}, authz.NoOpinion, "Everything is forbidden.", ""},
		{authz.Union{authz.AlwaysDeny{}, authz.AlwaysAllow{}}, authz.Allow, "", ""},
	} {
		decision, reason, err := c.union.Authorize(t.Context(), authz.Attributes{})
		if decision != c.decision || reason != c.reason || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%v: %v %q %v", c.union, decision, reason, err)
		}
	}
}

func TestUnionRules(t *testing.T) {
	u := authz.Union{authz.Groups{"g"}, answer{reason: "/a"}, answer{reason: "/b", err: errors.New("not all")}, authz.AlwaysDeny{}, authz.AlwaysAllow{}}
	set, err := u.Rules(t.Context(), &resource.UserInfo{}, "")
	if err == nil || err.Error() != "not all" {
		t.Error(err)
	}
	if got, want := fmt.Sprint(set), "{[{[*] [*] [*] []}] [{[] [/a]} {[] [/b]} {[*] [*]}] true}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestGroups(t *testing.T) {
	for _, c := range []struct {
		groups []string
		want   authz.Decision
	}{
		{nil, authz.NoOpinion},
		{[]string{"system:authenticated"}, authz.NoOpinion},
		{[]string{"system:Masters"}, authz.NoOpinion},
		{[]string{"x", "system:masters"}, authz.Allow},
	} {
		d, _, err := authz.Groups{"system:masters"}.Authorize(t.Context(), authz.Attributes{User: &resource.UserInfo{Name: "system:masters", Groups: c.groups}})
		if d != c.want || err != nil {
			t.Errorf("%q: %v %v", c.groups, d, err)
		}
	}
}

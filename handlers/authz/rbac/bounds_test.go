package rbac

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

func names(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

// Who holds many names may give as many on: each is looked up, not looked for.
func TestManyNamesAreGivenOn(t *testing.T) {
	many := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: names("n", 60_000)}
	h := newHolding(&many)
	if len(h.names.all) != 60_000 {
		t.Error("names are looked for one by one")
	}
	if lacking, err := Missing([]rbacv1.PolicyRule{many}, []rbacv1.PolicyRule{many}); err != nil || len(lacking) > 0 {
		t.Errorf("%d are lacking: %v", len(lacking), err)
	}
}

// Tens of thousands of rules are not compared with as many rights.
func TestComparisonsAreBounded(t *testing.T) {
	var held []rbacv1.PolicyRule
	for _, name := range names("held", 30_000) {
		held = append(held, rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{name}})
	}
	wanted := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: names("wanted", 30_000)}
	if _, err := Missing(held, []rbacv1.PolicyRule{wanted}); !errors.Is(err, errTooMany) {
		t.Errorf("got %v, want errTooMany", err)
	}
}

// What a decision says of its binding does not cost a walk of all its subjects.
func TestManySubjects(t *testing.T) {
	var subjects []rbacv1.Subject
	for i := range 20_000 {
		subjects = append(subjects, account("a", fmt.Sprint("sa", i)))
	}
	subjects = append(subjects, members("devs"), user("u"), members("devs"))
	a := with(t, role("a", "r", rule("get core pods")), bind("a", "b", "Role", "r", subjects...))
	q := ask("get core pods in a named p")
	for _, c := range []struct {
		user resource.UserInfo
		by   string
	}{
		{resource.UserInfo{Name: "u"}, `to User "u"`},
		{resource.UserInfo{Name: "u", Groups: []string{"others", "devs"}}, `to Group "devs"`},
		{resource.UserInfo{Name: "system:serviceaccount:a:sa19999", Groups: []string{"devs"}}, `to ServiceAccount "sa19999/a"`},
	} {
		q.User = &c.user
		d, reason, err := a.Authorize(t.Context(), q)
		if d != authz.Allow || err != nil || !strings.HasSuffix(reason, c.by) {
			t.Errorf("%s: %v %q %v", c.user.Name, d, reason, err)
		}
		if n := testing.AllocsPerRun(10, func() { _, _, _ = a.Authorize(context.Background(), q) }); n > 50 {
			t.Errorf("%s: a decision allocates %v times", c.user.Name, n)
		}
	}
}

// Many small bindings may give one person one large role. It is asked once, and told a few times.
func TestManyBindingsOfOneRole(t *testing.T) {
	const bindings, rules = 1000, 1000
	large := role("a", "large")
	for i := range rules {
		large.Rules = append(large.Rules, rule(fmt.Sprint("get core pods named p", i)))
	}
	objects := []object.Object{large}
	for i := range bindings {
		objects = append(objects, bind("a", fmt.Sprintf("b%04d", i), "Role", "large", members("devs")))
	}
	a := with(t, objects...)
	asked := 0
	for _, e := range a.now.Load().namespaces["a"].groups["devs"] {
		if !e.repeats {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("a decision looks into the role %d times", asked)
	}
	u := &resource.UserInfo{Name: "u", Groups: []string{"devs"}}
	set, err := a.Rules(t.Context(), u, "a")
	if err != nil || len(set.Resource) < rules || len(set.Resource) > mostRepeated+rules {
		t.Errorf("%d rules are listed: %v", len(set.Resource), err)
	}
	q := ask("get core pods in a named p999")
	q.User = u
	if d, reason, _ := a.Authorize(t.Context(), q); d != authz.Allow || !strings.Contains(reason, "b0000") {
		t.Errorf("%v %s", d, reason)
	}
	s := &counted{Store: open(t, objects...)}
	r := Reader{Store: s}
	if err := r.Escalation(t.Context(), u, "a", []rbacv1.PolicyRule{rule("get core pods named p5")}); err != nil {
		t.Error(err)
	}
	if s.gets != 1 {
		t.Errorf("the role was read %d times", s.gets)
	}
}

// counted counts reads of single objects.
type counted struct {
	storage.Store
	gets int
}

func (c *counted) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	c.gets++
	return c.Store.Get(ctx, key)
}

// A chain of aggregated roles is resolved once, in any order of names, and a rule is read once for each role that
// gathers it.
func TestAggregatingIsBounded(t *testing.T) {
	const links, rules = 300, 2000
	source := aggregated("source", []string{"from0"}, nil)
	for i := range rules {
		source.Rules = append(source.Rules, rule(fmt.Sprint("get core pods named p", i)))
	}
	all := known(source)
	for i := range links {
		// The names run against the chain.
		o := aggregated(fmt.Sprintf("link%04d", links-i), []string{fmt.Sprint("from", i+1)}, []string{fmt.Sprint("from", i)})
		all[o.Name] = o
	}
	a := newAggregation(all)
	a.run()
	if a.gathered != links || a.joined != links*rules {
		t.Errorf("%d links gathered %d times, %d rules", links, a.gathered, a.joined)
	}
	if got := len(a.rules["link0001"]); got != rules {
		t.Errorf("the last link has %d rules", got)
	}
}

func TestLargeCircles(t *testing.T) {
	all := known(aggregated("view", nil, []string{"to-view"}), aggregated("a", []string{"to-view"}, nil, rule("get core a")))
	const n = mostInCircle + 1
	for i := range n {
		o := aggregated(fmt.Sprintf("link%04d", i), []string{fmt.Sprint("from", i)}, []string{fmt.Sprint("from", (i+1)%n)}, rule(fmt.Sprint("get core r", i)))
		all[o.Name] = o
	}
	got, err := Aggregate(all)
	if err == nil || !strings.Contains(err.Error(), "cluster role link0000 gathers from itself through others") {
		t.Errorf("%v", err)
	}
	if len(got) != 1 || len(got["view"]) != 1 {
		t.Errorf("%d roles change", len(got))
	}
}

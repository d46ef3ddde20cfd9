package rbac

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

func open(t *testing.T, objects ...object.Object) storage.Store {
	t.Helper()
	s := memory.New(memory.Options{})
	t.Cleanup(func() { _ = s.Close() })
	for _, o := range objects {
		create(t, s, o)
	}
	return s
}

func create(t *testing.T, s storage.Store, o object.Object) {
	t.Helper()
	_, kv := stored(t, o)
	if _, err := s.Create(t.Context(), kv.Key, kv.Value, 0); err != nil {
		t.Fatal(err)
	}
}

func TestReader(t *testing.T) {
	s := open(t,
		clusterRole("reader", rule("get,list core pods")),
		role("a", "writer", rule("update core pods")),
		bindCluster("readers", "reader", members("devs")),
		bindCluster("gone", "gone", user("lou")),
		bind("a", "writers", "Role", "writer", user("wanda")),
	)
	r := Reader{Store: s, Resource: "writes"}
	dan := &resource.UserInfo{Name: "dan", Groups: []string{"devs", "system:authenticated"}}
	wanda := &resource.UserInfo{Name: "wanda", Groups: []string{"devs"}}
	for _, c := range []struct {
		who       *resource.UserInfo
		namespace string
		rules     []string
		want      string
	}{
		{dan, "", []string{"get core pods"}, ""},
		{dan, "a", []string{"list core pods named x"}, ""},
		{dan, "a", []string{"get,update core pods"}, `user "dan" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:` + "\n" + `{APIGroups:[""], Resources:["pods"], Verbs:["update"]}`},
		{wanda, "a", []string{"get,update core pods"}, ""},
		{wanda, "b", []string{"get,update core pods"}, "not currently held"},
		{wanda, "", []string{"update core pods"}, "not currently held"},
		{&resource.UserInfo{Name: "lou"}, "", []string{"get core pods"}, `; resolution errors: [writes.rbac.authorization.k8s.io "gone" not found]`},
		{&resource.UserInfo{Name: "lou"}, "", nil, ""},
	} {
		err := r.Escalation(t.Context(), c.who, c.namespace, parseRules(c.rules))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %q: %v, want %q", c.who.Name, c.namespace, err, c.want)
		}
	}
	// What was made a moment ago counts at once.
	create(t, s, role("a", "new", rule("get core secrets")))
	if rules, err := r.Role(t.Context(), rbacv1.RoleRef{Kind: "Role", Name: "new"}, "a"); err != nil || len(rules) != 1 {
		t.Error(rules, err)
	}
	if _, err := r.Role(t.Context(), rbacv1.RoleRef{Kind: "Role", Name: "new"}, "b"); !apierrors.IsNotFound(err) || err.Error() != `writes.rbac.authorization.k8s.io "new" not found` {
		t.Error(err)
	}
	if _, err := r.Role(t.Context(), rbacv1.RoleRef{Kind: "Thing", Name: "new"}, "a"); err == nil {
		t.Error("a reference to nothing was followed")
	}
	// Where nothing can be read, nothing is held.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Escalation(ctx, dan, "", parseRules([]string{"get core pods"})); err == nil {
		t.Error("rights were found without a store")
	}
}

// TestFollowsTheStore runs the authorizer and the aggregator on a store and waits for what others write.
func TestFollowsTheStore(t *testing.T) {
	s := open(t, aggregated("all", nil, []string{"part"}), bindCluster("b", "all", user("u")))
	var all []*resource.Resource
	for _, row := range resources.Rows {
		if row.Resource == "clusterroles" {
			r := &resource.Resource{Row: row, Strategy: &resource.Strategy{}}
			c, err := codecs()
			if err != nil {
				t.Fatal(err)
			}
			r.Codec = c[clusterRoles]
			all = append(all, r)
		}
	}
	log := slog.New(slog.DiscardHandler)
	g := NewAggregator((&write.Writer{Store: s, Registry: resource.NewRegistry(all), Now: time.Now}).Own(), log)
	a := New(s, log)
	a.Observe(g.Observe)
	changed := make(chan struct{}, 100)
	a.Observe(func(map[string]*rbacv1.ClusterRole) { changed <- struct{}{} })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	running.Go(func() { g.Run(ctx) })
	defer running.Wait()
	defer cancel()
	if err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	q := ask("get core pods")
	q.User = &resource.UserInfo{Name: "u"}
	await := func(want authz.Decision) {
		t.Helper()
		for {
			if d, _, err := a.Authorize(t.Context(), q); err != nil || d == want {
				if err != nil {
					t.Error(err)
				}
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatal("never", want)
			}
		}
	}
	await(authz.NoOpinion)
	create(t, s, aggregated("part", []string{"part"}, nil, rule("get core pods")))
	await(authz.Allow)
	if _, err := storage.Update(t.Context(), s, followed[clusterRoles].Prefix()+"part", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	await(authz.NoOpinion)
}

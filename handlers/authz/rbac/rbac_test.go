package rbac

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// stored is an object as it lies in the store, with the number of its prefix.
func stored(t testing.TB, o object.Object) (int, storage.KeyValue) {
	t.Helper()
	prefix, key := -1, o.GetName()
	switch o.(type) {
	case *rbacv1.ClusterRole:
		prefix = clusterRoles
	case *rbacv1.ClusterRoleBinding:
		prefix = clusterBindings
	case *rbacv1.Role:
		prefix, key = roles, o.GetNamespace()+"/"+key
	case *rbacv1.RoleBinding:
		prefix, key = bindings, o.GetNamespace()+"/"+key
	}
	c, err := codecs()
	if err != nil {
		t.Fatal(err)
	}
	b, err := c[prefix].Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return prefix, storage.KeyValue{Key: followed[prefix].Prefix() + key, Value: b, Revision: 1}
}

// with is an authorizer that knows the objects.
func with(t testing.TB, objects ...object.Object) *Authorizer {
	t.Helper()
	a := &Authorizer{}
	a.now.Store(&snapshot{})
	a.index = newIndex(&a.now, slog.New(slog.DiscardHandler))
	lists := map[int][]storage.KeyValue{}
	for _, o := range objects {
		prefix, kv := stored(t, o)
		lists[prefix] = append(lists[prefix], kv)
	}
	for prefix := range followed {
		a.index.Replace(prefix, listed(lists[prefix]...))
	}
	a.index.Publish()
	return a
}

func clusterRole(name string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
}

func role(namespace, name string, rules ...rbacv1.PolicyRule) *rbacv1.Role {
	return &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Rules: rules}
}

func bindCluster(name, role string, subjects ...rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: group, Kind: "ClusterRole", Name: role}, Subjects: subjects}
}

func bind(namespace, name, kind, role string, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: group, Kind: kind, Name: role}, Subjects: subjects}
}

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "User", APIGroup: group, Name: name}
}

func members(name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "Group", APIGroup: group, Name: name}
}

func account(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "ServiceAccount", Namespace: namespace, Name: name}
}

// rule reads "get,list apps deployments named a" and "get path /healthz", as the default policy is written.
func rule(text string) rbacv1.PolicyRule {
	w := strings.Fields(text)
	r := rbacv1.PolicyRule{Verbs: strings.Split(w[0], ",")}
	if w[1] == "path" {
		r.NonResourceURLs = strings.Split(w[2], ",")
		return r
	}
	r.APIGroups, r.Resources = strings.Split(w[1], ","), strings.Split(w[2], ",")
	for i, g := range r.APIGroups {
		if g == "core" {
			r.APIGroups[i] = ""
		}
	}
	if len(w) == 5 {
		r.ResourceNames = strings.Split(w[4], ",")
	}
	return r
}

// ask reads "get apps deployments/scale in a named b" and "get path /x".
func ask(text string) authz.Attributes {
	w := strings.Fields(text)
	if w[1] == "path" {
		return authz.Attributes{Verb: w[0], Path: w[2]}
	}
	a := authz.Attributes{IsResource: true, Verb: w[0], Group: w[1], Version: "v1"}
	if a.Group == "core" {
		a.Group = ""
	}
	a.Resource, a.Subresource, _ = strings.Cut(w[2], "/")
	for i := 3; i+1 < len(w); i += 2 {
		if w[i] == "in" {
			a.Namespace = w[i+1]
		} else {
			a.Name = w[i+1]
		}
	}
	return a
}

func TestAuthorize(t *testing.T) {
	a := with(t,
		clusterRole("reader", rule("get,list core pods,pods/log"), rule("get path /healthz,/debug/*")),
		clusterRole("scaler", rule("update * */scale")),
		clusterRole("everything", rule("* * *"), rule("* path *")),
		role("a", "one", rule("get core secrets named mine")),
		role("a", "globs", rule("get core pods/*,configmaps")),
		bindCluster("readers", "reader", members("devs"), user("rita")),
		bindCluster("local", "reader", rbacv1.Subject{Kind: "ServiceAccount", Name: "nowhere"}),
		bindCluster("robots", "scaler", account("b", "robot")),
		bindCluster("root", "everything", user("root")),
		bindCluster("nothing", "gone", members("lost")),
		bind("a", "scalers", "ClusterRole", "scaler", user("sam")),
		bind("a", "ones", "Role", "one", rbacv1.Subject{Kind: "ServiceAccount", Name: "local"}, members("ones")),
		bind("a", "globs", "Role", "globs", user("gus")),
		bind("a", "gone", "Role", "gone", members("lost")),
		bind("a", "odd", "Thing", "one", user("odd")),
		bind("b", "elsewhere", "Role", "one", user("eve")),
	)
	const gone = `clusterrole.rbac.authorization.k8s.io "gone" not found`
	for _, c := range []struct {
		user, ask string
		allowed   bool
		reason    string
	}{
		{"rita", "get core pods in x named y", true, `RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to User "rita"`},
		{"dan devs", "list core pods", true, `RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "devs"`},
		{"rita devs", "get core pods/log in x named y", true, `RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "devs"`},
		{"rita", "get core pods/exec in x named y", false, ""},
		{"rita", "watch core pods", false, ""},
		{"rita", "get apps pods", false, ""},
		{"Rita", "get core pods", false, ""},
		{"rita", "get path /healthz", true, `RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to User "rita"`},
		{"rita", "get path /healthz/", false, ""},
		{"rita", "get path /debug/pprof", true, `RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to User "rita"`},
		{"rita", "get path /debug", false, ""},
		{"rita", "post path /healthz", false, ""},
		{"system:serviceaccount:b:robot", "update apps deployments/scale in z named q", true, `RBAC: allowed by ClusterRoleBinding "robots" of ClusterRole "scaler" to ServiceAccount "robot/b"`},
		{"system:serviceaccount:b:robot", "update apps deployments in z named q", false, ""},
		{"system:serviceaccount:a:robot", "update apps deployments/scale in z named q", false, ""},
		{"system:serviceaccount::nowhere", "get core pods", false, ""},
		{"sam", "update apps deployments/scale in a named q", true, `RBAC: allowed by RoleBinding "scalers/a" of ClusterRole "scaler" to User "sam"`},
		{"sam", "update apps deployments/scale in b named q", false, ""},
		{"sam", "update apps deployments/scale", false, ""},
		{"system:serviceaccount:a:local", "get core secrets in a named mine", true, `RBAC: allowed by RoleBinding "ones/a" of Role "one" to ServiceAccount "local/a"`},
		{"system:serviceaccount:a:local", "get core secrets in a named other", false, ""},
		{"system:serviceaccount:a:local", "get core secrets in a", false, ""},
		{"gus", "get core pods/log in a named p", false, ""}, // pods/* is no pattern
		{"gus", "get core configmaps in a named p", true, `RBAC: allowed by RoleBinding "globs/a" of Role "globs" to User "gus"`},
		{"root", "obliterate new.example.com things/anything in n named m", true, `RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "everything" to User "root"`},
		{"root", "get path /anything", true, `RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "everything" to User "root"`},
		{"lou lost", "get core pods", false, "RBAC: " + gone},
		{"lou lost lost", "get core pods in a", false, `RBAC: [` + gone + `, role.rbac.authorization.k8s.io "gone" not found]`},
		{"odd", "get core secrets in a named mine", false, `RBAC: unsupported role reference kind: "Thing"`},
		{"eve", "get core secrets in b named mine", false, `RBAC: role.rbac.authorization.k8s.io "one" not found`},
		{"", "get core pods", false, ""},
	} {
		names := strings.Fields(c.user + " ")
		q := ask(c.ask)
		q.User = &resource.UserInfo{}
		if len(names) > 0 {
			q.User = &resource.UserInfo{Name: names[0], Groups: names[1:]}
		}
		decision, reason, err := a.Authorize(t.Context(), q)
		if err != nil || decision == authz.Deny || (decision == authz.Allow) != c.allowed || reason != c.reason {
			t.Errorf("%q %s: %v %q %v, want %v %q", c.user, c.ask, decision, reason, err, c.allowed, c.reason)
		}
	}
}

func TestRules(t *testing.T) {
	a := with(t,
		clusterRole("reader", rule("get core pods"), rule("get path /healthz")),
		role("a", "one", rule("get core secrets named mine")),
		bindCluster("readers", "reader", members("devs"), user("rita"), members("all")),
		bindCluster("gone", "gone", user("rita")),
		bind("a", "ones", "Role", "one", user("rita")),
	)
	set, err := a.Rules(t.Context(), &resource.UserInfo{Name: "rita", Groups: []string{"devs", "all"}}, "a")
	if err == nil || err.Error() != `clusterrole.rbac.authorization.k8s.io "gone" not found` {
		t.Error(err)
	}
	got := fmt.Sprint(set)
	if want := "{[{[get] [] [pods] []} {[get] [] [secrets] [mine]}] [{[get] [/healthz]}] false}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// An object that cannot be read must never allow more than one that is not there, and an update to such an object takes
// away what the object allowed before.
func TestUnreadable(t *testing.T) {
	a := with(t, clusterRole("r", rule("get core pods")), bindCluster("b", "r", user("u")))
	q := ask("get core pods")
	q.User = &resource.UserInfo{Name: "u"}
	if d, _, _ := a.Authorize(t.Context(), q); d != authz.Allow {
		t.Fatal("not allowed at first")
	}
	for prefix, key := range map[int]string{clusterRoles: "r", clusterBindings: "b"} {
		_, before := stored(t, map[int]object.Object{clusterRoles: clusterRole("r", rule("get core pods")), clusterBindings: bindCluster("b", "r", user("u"))}[prefix])
		a.index.Change(prefix, storage.Event{Type: storage.Put, Key: followed[prefix].Prefix() + key, Value: []byte("k8s\x00garbage"), Revision: 2})
		a.index.Publish()
		if d, _, _ := a.Authorize(t.Context(), q); d != authz.NoOpinion {
			t.Error("allowed by what cannot be read:", key)
		}
		a.index.Change(prefix, storage.Event{Type: storage.Put, Key: before.Key, Value: before.Value, Revision: 3})
		a.index.Publish()
		if d, _, _ := a.Authorize(t.Context(), q); d != authz.Allow {
			t.Error("not allowed again:", key)
		}
	}
}

// What has not been read yet is no refusal.
func TestUnread(t *testing.T) {
	a := New(nil, slog.New(slog.DiscardHandler))
	q := ask("get core pods in a")
	q.User = &resource.UserInfo{Name: "u"}
	for prefix := range followed {
		if d, _, err := a.Authorize(t.Context(), q); d != authz.NoOpinion || !errors.Is(err, authz.ErrNotReady) {
			t.Errorf("before prefix %d: %v %v", prefix, d, err)
		}
		a.index.Replace(prefix, listed())
	}
	a.index.Publish()
	if d, _, err := a.Authorize(t.Context(), q); d != authz.NoOpinion || err != nil {
		t.Errorf("when all is read: %v %v", d, err)
	}
}

// TestPublish follows changes one by one: each publication shows them and leaves the snapshot before as it was.
func TestPublish(t *testing.T) {
	a := with(t, clusterRole("r", rule("get core pods")))
	may := func(s *snapshot, ask authz.Attributes) bool {
		x := &Authorizer{}
		x.now.Store(s)
		d, _, _ := x.Authorize(t.Context(), ask)
		return d == authz.Allow
	}
	q := ask("get core pods in a")
	q.User = &resource.UserInfo{Name: "u"}
	var now *atomic.Pointer[snapshot] = &a.now
	step := func(want bool, what string, o object.Object, deleted bool) {
		t.Helper()
		before := now.Load()
		was := may(before, q)
		prefix, kv := stored(t, o)
		e := storage.Event{Type: storage.Put, Key: kv.Key, Value: kv.Value, Revision: 2}
		if deleted {
			e = storage.Event{Type: storage.Deleted, Key: kv.Key, Revision: 2}
		}
		a.index.Change(prefix, e)
		if may(now.Load(), q) != was {
			t.Errorf("%s: visible before it is published", what)
		}
		a.index.Publish()
		if may(now.Load(), q) != want {
			t.Errorf("%s: allowed %v", what, !want)
		}
		if may(before, q) != was {
			t.Errorf("%s: the snapshot before has changed", what)
		}
	}
	local := bind("a", "b", "ClusterRole", "r", user("u"))
	step(true, "bound in the namespace", local, false)
	step(false, "role without the rule", clusterRole("r", rule("list core pods")), false)
	step(true, "role with the rule", clusterRole("r", rule("get core pods")), false)
	step(false, "binding deleted", local, true)
	step(true, "bound in the cluster", bindCluster("b", "r", members("g"), user("u")), false)
	step(false, "bound to others", bindCluster("b", "r", members("g")), false)
	step(false, "bound to a role of the namespace that is not there", bind("a", "b", "Role", "r", user("u")), false)
	step(true, "role of the namespace", role("a", "r", rule("get core pods")), false)
	step(false, "role of the namespace deleted", role("a", "r"), true)
	a.index.Replace(bindings, listed())
	a.index.Replace(clusterBindings, listed())
	a.index.Publish()
	if n := len(a.now.Load().namespaces); n != 0 {
		t.Errorf("%d namespaces stay that have nothing", n)
	}
}

func listed(items ...storage.KeyValue) iter.Seq2[storage.KeyValue, error] {
	return func(yield func(storage.KeyValue, error) bool) {
		for _, kv := range items {
			if !yield(kv, nil) {
				return
			}
		}
	}
}

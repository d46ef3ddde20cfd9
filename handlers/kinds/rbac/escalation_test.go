package rbac

import (
	"context"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// noRoles is a store in which nobody has any role.
type noRoles struct{ storage.Store }

func (noRoles) List(context.Context, string, storage.ListOptions) (storage.ListResult, error) {
	return storage.ListResult{}, nil
}

func (noRoles) Get(context.Context, string) (storage.KeyValue, int64, error) {
	return storage.KeyValue{}, 0, storage.ErrNotFound
}

// only allows one question, and fails at every other.
type only struct{ verb, resource, namespace, name string }

func (o only) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	if a.IsResource && a.Group == group && (only{a.Verb, a.Resource, a.Namespace, a.Name}) == o {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "", errors.New("cannot tell")
}

func TestEscalation(t *testing.T) {
	rules := []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"secrets"}}}
	ref := rbacv1.RoleRef{APIGroup: group, Kind: "ClusterRole", Name: "strong"}
	alice := &resource.Attempt{User: &resource.UserInfo{Name: "alice"}}
	root := &resource.Attempt{User: &resource.UserInfo{Name: "root", Groups: []string{masters}}}
	named := &resource.Attempt{User: alice.User, Name: "r"}
	for _, c := range []struct {
		name       string
		attempt    *resource.Attempt
		authorizer authz.Authorizer
		role, bind string
	}{
		{"the server itself", &resource.Attempt{}, nil, "", ""},
		{"a master", root, nil, "", ""},
		{"no authorizer", alice, nil, "not currently held", "not found"},
		{"an authorizer that cannot tell", alice, only{}, "not currently held", "not found"},
		{"everything allowed", alice, authz.AlwaysAllow{}, "", ""},
		{"escalate by name", named, only{"escalate", "roles", "n", "r"}, "", "not found"},
		{"escalate by name without a name in the path", alice, only{"escalate", "roles", "n", "r"}, "not currently held", "not found"},
		{"escalate in another namespace", named, only{"escalate", "roles", "m", "r"}, "not currently held", "not found"},
		{"escalate cluster roles", named, only{"escalate", "clusterroles", "", "r"}, "not currently held", "not found"},
		{"bind by name", named, only{"bind", "clusterroles", "n", "strong"}, "not currently held", ""},
		{"bind a role of the same name", named, only{"bind", "roles", "n", "strong"}, "not currently held", "not found"},
	} {
		e := escalation{c.authorizer, rbac.Reader{Store: noRoles{}, Resource: "roles"}}
		_, err := e.role(t.Context(), c.attempt, "n", rules)
		expect(t, c.name+": role", err, c.role)
		expect(t, c.name+": bind", e.binding(t.Context(), c.attempt, ref, "n", "b"), c.bind)
		foreign := ref
		foreign.APIGroup = "example.com"
		if c.name == "bind by name" {
			expect(t, c.name+" in another API group", e.binding(t.Context(), c.attempt, foreign, "n", "b"), "not found")
		}
	}
}

func expect(t *testing.T, name string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
}

func TestOnlyGarbage(t *testing.T) {
	old := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "r", Finalizers: []string{"a"}}}
	for name, c := range map[string]struct {
		change func(*rbacv1.Role)
		want   bool
	}{
		"nothing":    {func(*rbacv1.Role) {}, true},
		"finalizers": {func(r *rbacv1.Role) { r.Finalizers = nil }, true},
		"owners":     {func(r *rbacv1.Role) { r.OwnerReferences = []metav1.OwnerReference{{Name: "x"}} }, true},
		"a label":    {func(r *rbacv1.Role) { r.Labels = map[string]string{"a": "b"} }, false},
		"rules":      {func(r *rbacv1.Role) { r.Finalizers, r.Rules = nil, []rbacv1.PolicyRule{{}} }, false},
	} {
		o := old.DeepCopy()
		c.change(o)
		if got := onlyGarbage(o, old); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

package bootstrap

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/validation/path"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/resource/resourcetest"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// objects is an empty store with the resources of RBAC.
func objects(t testing.TB) *resourcetest.Objects {
	t.Helper()
	s := memory.New(memory.Options{})
	t.Cleanup(func() { _ = s.Close() })
	var all []*resource.Resource
	for _, row := range resources.Rows {
		if row.Group != rbacGroup || row.Version != "v1" {
			continue
		}
		r := &resource.Resource{Row: row, Strategy: &resource.Strategy{ValidateName: path.ValidatePathSegmentName}}
		c, err := codec.NewBuiltin(r.GVK(), r.GVK(), nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Codec = c
		all = append(all, r)
	}
	return resourcetest.New(&resource.Objects{Store: s, Registry: resource.NewRegistry(all)})
}

// writer writes to the store of o at a time that stands.
func writer(o *resourcetest.Objects, now time.Time) resource.Writer {
	return (&write.Writer{Store: o.Store, Registry: o.Registry, Now: func() time.Time { return now }}).Own()
}

func get[T object.Object](t *testing.T, o *resourcetest.Objects, kind, namespace, name string) T {
	t.Helper()
	found, err := o.Get(t.Context(), rbacResources[kind], namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	return found.(T)
}

var birthday = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// same compares JSON without the order of the fields.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	return json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func TestRBACFromNothing(t *testing.T) {
	o := objects(t)
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday)); err != nil {
		t.Fatal(err)
	}
	there, err := existing(t.Context(), o.Objects)
	if err != nil {
		t.Fatal(err)
	}
	uids := map[string]bool{}
	known := map[string]*rbacv1.ClusterRole{}
	for p, x := range there {
		if uids[string(x.GetUID())] = true; !x.GetCreationTimestamp().Time.Equal(birthday) {
			t.Error(p, "created at", x.GetCreationTimestamp())
		}
		if role, ok := x.(*rbacv1.ClusterRole); ok {
			known[role.Name] = role
		}
	}
	// filled are the rules of aggregated roles of the reference once its controller-manager has run.
	var filled map[string]json.RawMessage
	if b, err := os.ReadFile("testdata/aggregated.json"); err != nil || json.Unmarshal(b, &filled) != nil || len(filled) != 3 {
		t.Fatal(len(filled), err)
	}
	want := recorded(t)
	if len(there) != len(want) || len(uids) != len(want) {
		t.Errorf("%d objects with %d uids, want %d", len(there), len(uids), len(want))
	}
	for _, line := range want {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		namespace, _ := m["namespace"].(string)
		found := there[place{m["kind"].(string), namespace, m["name"].(string)}]
		if found == nil {
			t.Errorf("%s is missing", line)
			continue
		}
		// Upstream leaves filling in aggregated roles to its controller-manager.
		if role, ok := found.(*rbacv1.ClusterRole); ok && role.AggregationRule != nil {
			if got, err := json.Marshal(role.Rules); err != nil || !same(t, got, filled[role.Name]) {
				t.Errorf("%s has the rules %s, %v", role.Name, got, err)
			}
			role = role.DeepCopy()
			role.Rules, found = nil, role
		}
		w, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := normal(t, found); !bytes.Equal(got, w) {
			t.Errorf("got  %s\nwant %s", got, w)
		}
	}
	if rest, err := rbac.Aggregate(known); err != nil || len(rest) > 0 {
		t.Errorf("not aggregated: %v %v", rest, err)
	}
	before, err := o.Store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday)); err != nil {
		t.Fatal(err)
	}
	if after, err := o.Store.Revision(t.Context()); err != nil || after != before {
		t.Errorf("the second start wrote: revision %d after %d, %v", after, before, err)
	}
}

// TestRBACReconciles changes default objects as administrators do and starts again.
func TestRBACReconciles(t *testing.T) {
	o := objects(t)
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday)); err != nil {
		t.Fatal(err)
	}
	change := func(kind, namespace, name string, f func(object.Object)) {
		t.Helper()
		if _, err := o.Update(t.Context(), rbacResources[kind], namespace, name, func(x object.Object) error { f(x); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	extra := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{"example.com"}, Resources: []string{"things"}}
	change("ClusterRole", "", "system:basic-user", func(x object.Object) {
		x.(*rbacv1.ClusterRole).Rules = []rbacv1.PolicyRule{extra, {Verbs: []string{"*"}, APIGroups: []string{"authorization.k8s.io"}, Resources: []string{"*"}}}
		x.SetLabels(map[string]string{"mine": "yes"})
	})
	change("ClusterRole", "", "system:discovery", func(x object.Object) {
		x.(*rbacv1.ClusterRole).Rules = nil
		x.SetAnnotations(map[string]string{autoUpdate: "false"})
	})
	change("ClusterRole", "", "view", func(x object.Object) { x.(*rbacv1.ClusterRole).AggregationRule = nil })
	change("ClusterRoleBinding", "", "system:basic-user", func(x object.Object) {
		x.(*rbacv1.ClusterRoleBinding).Subjects = []rbacv1.Subject{{Kind: "User", APIGroup: rbacGroup, Name: "guest"}}
	})
	change("ClusterRoleBinding", "", "system:discovery", func(x object.Object) { x.(*rbacv1.ClusterRoleBinding).RoleRef.Name = "cluster-admin" })
	change("ClusterRoleBinding", "", "system:node-proxier", func(x object.Object) {
		x.(*rbacv1.ClusterRoleBinding).RoleRef.Name = "mine"
		x.SetAnnotations(map[string]string{autoUpdate: "false"})
	})
	change("RoleBinding", "kube-system", "system:controller:token-cleaner", func(x object.Object) { x.(*rbacv1.RoleBinding).Subjects = nil })
	if err := o.Delete(t.Context(), rbacResources["Role"], "kube-system", "system:controller:token-cleaner"); err != nil {
		t.Fatal(err)
	}
	was := get[*rbacv1.ClusterRoleBinding](t, o, "ClusterRoleBinding", "", "system:discovery").UID
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}

	basic := get[*rbacv1.ClusterRole](t, o, "ClusterRole", "", "system:basic-user")
	if len(basic.Rules) != 3 || basic.Rules[0].Resources[0] != "things" || basic.Rules[2].Resources[0] != "selfsubjectreviews" {
		t.Errorf("only what was missing is added: %v", basic.Rules)
	}
	if basic.Labels["mine"] != "yes" || basic.Labels["kubernetes.io/bootstrapping"] != "rbac-defaults" {
		t.Errorf("labels %v", basic.Labels)
	}
	if r := get[*rbacv1.ClusterRole](t, o, "ClusterRole", "", "system:discovery"); len(r.Rules) != 0 || len(r.Labels) != 1 {
		t.Errorf("a protected role was changed: %v", r)
	}
	if r := get[*rbacv1.ClusterRole](t, o, "ClusterRole", "", "view"); r.AggregationRule == nil || len(r.AggregationRule.ClusterRoleSelectors) != 1 {
		t.Errorf("view gathers from %v", r.AggregationRule)
	}
	if b := get[*rbacv1.ClusterRoleBinding](t, o, "ClusterRoleBinding", "", "system:basic-user"); len(b.Subjects) != 2 || b.Subjects[0].Name != "guest" || b.Subjects[1].Name != "system:authenticated" {
		t.Errorf("subjects %v", b.Subjects)
	}
	if b := get[*rbacv1.ClusterRoleBinding](t, o, "ClusterRoleBinding", "", "system:discovery"); b.RoleRef.Name != "system:discovery" || b.UID == was {
		t.Errorf("a binding of another role was not made anew: %v", b)
	}
	if b := get[*rbacv1.ClusterRoleBinding](t, o, "ClusterRoleBinding", "", "system:node-proxier"); b.RoleRef.Name != "mine" {
		t.Errorf("a protected binding was made anew: %v", b)
	}
	if b := get[*rbacv1.RoleBinding](t, o, "RoleBinding", "kube-system", "system:controller:token-cleaner"); len(b.Subjects) != 1 {
		t.Errorf("subjects %v", b.Subjects)
	}
	if r := get[*rbacv1.Role](t, o, "Role", "kube-system", "system:controller:token-cleaner"); !r.CreationTimestamp.Time.Equal(birthday.Add(time.Hour)) {
		t.Error("a deleted role did not come back")
	}
}

// TestRBACInherits starts on a store from before two splits, in which an administrator has changed what was split.
func TestRBACInherits(t *testing.T) {
	o := objects(t)
	own := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{"example.com"}, Resources: []string{"things"}}
	guest := rbacv1.Subject{Kind: "User", APIGroup: rbacGroup, Name: "guest"}
	for _, x := range []object.Object{
		&rbacv1.ClusterRole{ObjectMeta: policyMeta("", "view"), Rules: []rbacv1.PolicyRule{own}},
		&rbacv1.ClusterRole{ObjectMeta: policyMeta("", "edit"), AggregationRule: &rbacv1.AggregationRule{}, Rules: []rbacv1.PolicyRule{own}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: policyMeta("", "system:discovery"), RoleRef: rbacv1.RoleRef{APIGroup: rbacGroup, Kind: "ClusterRole", Name: "system:discovery"}, Subjects: []rbacv1.Subject{guest}},
	} {
		kind := "ClusterRole"
		if b, ok := x.(*rbacv1.ClusterRoleBinding); ok {
			kind, b.Annotations = "ClusterRoleBinding", map[string]string{autoUpdate: "false"}
		}
		x.GetObjectKind().SetGroupVersionKind(rbacResources[kind].GroupVersion().WithKind(kind))
		if err := o.Create(t.Context(), rbacResources[kind], x); err != nil {
			t.Fatal(err)
		}
	}
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday)); err != nil {
		t.Fatal(err)
	}
	view := get[*rbacv1.ClusterRole](t, o, "ClusterRole", "", "system:aggregate-to-view")
	if view.Rules[0].Resources[0] != "things" || len(view.Rules) < 10 || view.Labels[aggregateTo+"view"] != "true" || view.UID == "" {
		t.Errorf("%v", view)
	}
	if edit := get[*rbacv1.ClusterRole](t, o, "ClusterRole", "", "system:aggregate-to-edit"); edit.Rules[0].Resources[0] == "things" {
		t.Errorf("rules of an aggregated role were taken over: %v", edit)
	}
	public := get[*rbacv1.ClusterRoleBinding](t, o, "ClusterRoleBinding", "", "system:public-info-viewer")
	if len(public.Subjects) != 1 || public.Subjects[0] != guest || public.RoleRef.Name != "system:public-info-viewer" {
		t.Errorf("what was closed is open again: %v", public)
	}
}

// Several servers may start on one store at once.
func TestRBACSideBySide(t *testing.T) {
	o := objects(t)
	errs := make(chan error)
	for range 3 {
		go func() { errs <- RBAC(t.Context(), o.Objects, writer(o, birthday)) }()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	there, err := existing(t.Context(), o.Objects)
	if err != nil || len(there) != 133 {
		t.Error(len(there), err)
	}
}

func TestRBACNotServed(t *testing.T) {
	o := objects(t)
	o.Registry = resource.NewRegistry(slices.DeleteFunc(o.Registry.All(), func(r *resource.Resource) bool { return r.Resource == "roles" }))
	if err := RBAC(t.Context(), o.Objects, writer(o, birthday)); err != nil {
		t.Fatal(err)
	}
	if n, err := o.Store.Count(t.Context(), "/"); err != nil || n != 0 {
		t.Error(n, err)
	}
}

func BenchmarkRBACEmptyStore(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		o := objects(b)
		b.StartTimer()
		if err := RBAC(b.Context(), o.Objects, writer(o, birthday)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRBACNothingToDo(b *testing.B) {
	o := objects(b)
	for b.Loop() {
		if err := RBAC(b.Context(), o.Objects, writer(o, birthday)); err != nil {
			b.Fatal(err)
		}
	}
}

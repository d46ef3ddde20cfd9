package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/node"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// BenchmarkAccess is all that happens to a request before its verb: a bearer token of a file, Node and RBAC with 500 roles
// and 500 bindings in 50 namespaces.
func BenchmarkAccess(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	store := memory.New(memory.Options{})
	b.Cleanup(func() { _ = store.Close() })
	for i := range 500 {
		namespace, name := fmt.Sprintf("team-%d", i%50), fmt.Sprintf("role-%d", i)
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
		keep(b, store, "Role", "/roles/", &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
			{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{""}, Resources: []string{"pods", "services", "configmaps"}},
			{Verbs: []string{"get", "list", "watch", "update"}, APIGroups: []string{"apps"}, Resources: []string{"deployments"}},
		}})
		keep(b, store, "RoleBinding", "/rolebindings/", &rbacv1.RoleBinding{
			ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: name},
			Subjects: []rbacv1.Subject{{Kind: "Group", APIGroup: "rbac.authorization.k8s.io", Name: namespace}},
		})
	}
	path := filepath.Join(b.TempDir(), "tokens.csv")
	if err := os.WriteFile(path, []byte("secret,ann,1,team-7\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	tokens, err := authn.NewTokenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	roles, nodes := rbac.New(store, log), node.New(store, nil, log)
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	for _, f := range []Follower{roles, nodes} {
		running.Go(func() { f.Run(ctx) })
		if err := f.Wait(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { cancel(); running.Wait() })
	served := 0
	authorizer := authz.Union{authz.Groups{authn.GroupMasters}, nodes, roles}
	h := through(chain(chainOptions{
		log: log, requestLimit: time.Minute, authorizer: authorizer, decider: authorizer,
		authenticator: authn.Union{authn.Bearer{Tokens: authn.Tokens{tokens}}, authn.Anonymous{}},
	}), func(*pipeline.Request) error { served++; return nil })
	target := "/apis/apps/v1/namespaces/team-7/deployments/d"
	info := pipeline.ParseInfo(http.MethodPut, target)
	r := httptest.NewRequest(http.MethodPut, target, nil)
	b.ReportAllocs()
	asked := 0
	for b.Loop() {
		asked++
		r.Header.Set("Authorization", "Bearer secret")
		if err := h(pipeline.NewRequest(httptest.NewRecorder(), r, info)); err != nil {
			b.Fatal(err)
		}
	}
	if served != asked {
		b.Errorf("%d of %d requests came through", served, asked)
	}
}

// keep writes an object as the server stores it.
func keep(b *testing.B, s storage.Store, kind, prefix string, o object.Object) {
	b.Helper()
	gvk := schema.GroupVersionKind{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: kind}
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	value, err := c.Encode(o)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Create(b.Context(), prefix+o.GetNamespace()+"/"+o.GetName(), value, 0); err != nil {
		b.Fatal(err)
	}
}

package kube_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
)

// stage makes a namespace with the config maps that the server's absence changes.
func stage(t *testing.T, admin *kube.Client, namespace string) kube.Bound[corev1.ConfigMap, corev1.ConfigMapList] {
	t.Helper()
	ctx := t.Context()
	must[*corev1.Namespace](t)(corev1.Namespaces.On(admin).Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	t.Cleanup(func() {
		if err := corev1.Namespaces.On(admin).Delete(context.WithoutCancel(ctx), namespace); err != nil {
			t.Error(err)
		}
	})
	out := corev1.ConfigMaps.In(admin, namespace)
	for _, name := range []string{"dies", "changes", "stays"} {
		must[*corev1.ConfigMap](t)(out.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"staged": "yes"}}}))
	}
	return out
}

// TestWatchSurvives: the server goes away and comes back, with and without a memory of what happened; the watch tells each change
// once.
func TestWatchSurvives(t *testing.T) {
	for _, how := range []string{"restart", "expire"} {
		t.Run(how, func(t *testing.T) {
			admin := client(t)
			namespace := unique("go-watch-" + how)
			configMaps := stage(t, admin, namespace)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got := map[string]int{}
			for event, err := range configMaps.Watch(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if event.Object.Name == "kube-root-ca.crt" {
					continue
				}
				what := fmt.Sprintf("%s %s %s", event.Type, event.Object.Name, event.Object.Data["step"])
				got[what]++
				if what == "ADDED stays " {
					takeAway(t, how, namespace)
				}
				if got["ADDED born "] > 0 && got["DELETED dies "] > 0 && got["MODIFIED changes 1"] > 0 && got["DELETED last "] == 0 {
					if got["ADDED last "] == 0 {
						must[*corev1.ConfigMap](t)(configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "last"}}))
					} else if err := configMaps.Delete(ctx, "last"); err != nil && !apierrors.IsNotFound(err) {
						t.Fatal(err)
					}
				}
				if what == "DELETED last " {
					break
				}
			}
			want := []string{"ADDED born ", "ADDED changes ", "ADDED dies ", "ADDED last ", "ADDED stays ", "DELETED dies ", "DELETED last ", "MODIFIED changes 1"}
			if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
				t.Errorf("told were %q", keys)
			}
			for what, times := range got {
				if times != 1 {
					t.Errorf("%s was told %d times", what, times)
				}
			}
		})
	}
}

// TestWatchFromVersion: what happened since is told, and when the server has forgotten it, that is the error.
func TestWatchFromVersion(t *testing.T) {
	admin := client(t)
	namespace := unique("go-watch-version")
	configMaps := stage(t, admin, namespace)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	page := must[*corev1.ConfigMapList](t)(configMaps.Page(ctx, kube.Labels("staged=yes")))
	if err := configMaps.Delete(ctx, "stays"); err != nil {
		t.Fatal(err)
	}
	taken := false
	for event, err := range configMaps.Watch(ctx, kube.Labels("staged=yes"), kube.ResourceVersion(page.ResourceVersion)) {
		if err == nil && !taken && string(event.Type) == "DELETED" && event.Object.Name == "stays" {
			taken = true
			takeAway(t, "expire", namespace)
			continue
		}
		if taken && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err)) {
			return
		}
		t.Fatalf("got %v %v", event, err)
	}
	t.Fatal("the watch ended without an error")
}

// TestInformer: its store is what a list has, through an absence of the server, and its handlers are told each change in order.
func TestInformer(t *testing.T) {
	for _, how := range []string{"restart", "expire"} {
		t.Run(how, func(t *testing.T) {
			admin := client(t)
			namespace := unique("go-informer-" + how)
			configMaps := stage(t, admin, namespace)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var mu sync.Mutex
			var told []string
			note := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, fmt.Sprintf(format, args...))
			}
			done := make(chan struct{})
			informer := configMaps.Informer(kube.Handlers[corev1.ConfigMap]{
				Add: func(m *corev1.ConfigMap, initial bool) {
					note("add %s %v", m.Name, initial)
					if m.Name == "last" {
						close(done)
					}
				},
				Update: func(old, m *corev1.ConfigMap) { note("update %s %s %s", m.Name, old.Data["step"], m.Data["step"]) },
				Delete: func(last *corev1.ConfigMap) { note("delete %s %s", last.Name, last.Labels["staged"]) },
			})
			informer.AddIndex("staged", func(m *corev1.ConfigMap) []string { return []string{m.Labels["staged"]} })
			ended := make(chan error, 1)
			running, stop := context.WithCancel(ctx)
			go func() { ended <- informer.Run(running) }()
			if err := informer.WaitSynced(ctx); err != nil {
				t.Fatal(err)
			}
			if n := len(informer.ByIndex("staged", "yes")); n != 3 || informer.Get(namespace, "dies") == nil {
				t.Errorf("%d are indexed, of %d", n, informer.Len())
			}
			takeAway(t, how, namespace)
			must[*corev1.ConfigMap](t)(configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "last"}}))
			select {
			case <-done:
			case <-ctx.Done():
				t.Fatal("the informer does not come back")
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			var stored, listed []string
			for _, m := range informer.List() {
				stored = append(stored, m.Name+" "+m.ResourceVersion)
			}
			for m, err := range configMaps.List(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				listed = append(listed, m.Name+" "+m.ResourceVersion)
			}
			if !slices.Equal(stored, listed) {
				t.Errorf("the store has %q, the list %q", stored, listed)
			}
			if n := len(informer.ByIndex("staged", "yes")); n != 2 {
				t.Errorf("%d are indexed", n)
			}
			for _, want := range []string{"add born false", "update changes  1", "delete dies yes", "add stays true"} {
				if n := count(told, want); n != 1 {
					t.Errorf("%q was told %d times in %q", want, n, told)
				}
			}
		})
	}
}

func count(list []string, s string) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

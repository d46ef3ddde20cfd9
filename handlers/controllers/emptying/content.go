package emptying

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// pageSize is how many keys are read at once, and deleters how many of their objects are deleted at once: deletions that
	// wait together share one sync of the disk.
	pageSize = 500
	deleters = 16
	// finalizerEstimate is how long objects with finalizers are expected to stay.
	finalizerEstimate = 15 * time.Second
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// empty deletes the content of a namespace: pods first, and while any is left nothing else, for what they use must not go
// before them. It says how long what is left is expected to stay; 0 when nothing is.
func (c *Controller) empty(ctx context.Context, ns *corev1.Namespace) (estimate time.Duration, err error) {
	f := newFound()
	if r := c.objects.Registry.Get(pods); r != nil {
		estimate = c.clear(ctx, ns, r, f)
		if f.remaining[pods] > 0 {
			return estimate, errors.Join(append(f.faults, c.report(ctx, ns, f, false))...)
		}
	}
	for _, r := range c.contents(f) {
		estimate = max(estimate, c.clear(ctx, ns, r, f))
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	if err := c.report(ctx, ns, f, true); err != nil {
		f.faults = append(f.faults, err)
	}
	if len(f.elsewhere) > 0 {
		f.faults = append(f.faults, fmt.Errorf("unable to retrieve the complete list of server APIs: %s", strings.Join(f.elsewhere, ", ")))
	}
	return estimate, errors.Join(f.faults...)
}

// contents are the resources that may have objects in a namespace, without pods, each in one version. What cannot be emptied
// because another server has it is noted.
func (c *Controller) contents(f *found) (out []*resource.Resource) {
	seen := map[string]bool{}
	for _, group := range c.objects.Registry.Groups() {
		for _, version := range group.Versions {
			if version.Elsewhere != nil {
				if fault := foreign(version.Elsewhere); fault != "" {
					f.elsewhere = append(f.elsewhere, group.Name+"/"+version.Name+": "+fault)
				}
				continue
			}
			for r := range version.Resources() {
				if !r.Namespaced || r.Codec == nil || r.Strategy.Virtual != nil || !r.HasVerb("delete") || seen[r.Prefix()] || r.GVR() == pods {
					continue
				}
				seen[r.Prefix()] = true
				out = append(out, r)
			}
		}
	}
	return out
}

// foreign is why the objects of another server cannot be deleted; empty when it has none that can be.
func foreign(e *resource.Elsewhere) string {
	if e.Discovered == nil {
		return "the server is currently unable to handle the request"
	}
	var said struct {
		Freshness string `json:"freshness"`
		Resources []struct {
			Scope string   `json:"scope"`
			Verbs []string `json:"verbs"`
		} `json:"resources"`
	}
	text, err := json.Marshal(e.Discovered)
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	if err != nil {
		return err.Error()
	}
	if said.Freshness == "Stale" {
		return "stale GroupVersion discovery: " + e.Group + "/" + e.Version
	}
	for _, r := range said.Resources {
		if r.Scope == "Namespaced" && slices.Contains(r.Verbs, "delete") {
			return "its objects are those of another server"
		}
	}
	return ""
}

// clear deletes the objects of a resource in a namespace, notes what is left, and says how long that is expected to stay.
func (c *Controller) clear(ctx context.Context, ns *corev1.Namespace, r *resource.Resource, f *found) time.Duration {
	within := r.Keys().Within(ns.Name)
	view, err := c.store.View(ctx)
	if err != nil {
		f.faults = append(f.faults, err)
		return 0
	}
	if view.Count(within, "") == 0 {
		return 0
	}
	estimate, err := c.graceful(ctx, ns, r)
	if err == nil {
		err = c.deleteAll(ctx, r, within)
	}
	if err != nil {
		f.faults = append(f.faults, err)
		return estimate
	}
	left, kept, err := c.left(ctx, within, f)
	switch {
	case err != nil:
		f.faults = append(f.faults, err)
	case left == 0:
		return 0
	case estimate == 0 && kept:
		estimate = finalizerEstimate
	case estimate == 0:
		f.faults = append(f.faults, fmt.Errorf("unexpected items still remain in namespace: %s for gvr: %v", ns.Name, r.GVR()))
	}
	if left > 0 {
		f.remaining[r.GVR()] = left
	}
	return estimate
}

// graceful is how long the pods of a namespace may take to end, unless that time has passed.
func (c *Controller) graceful(ctx context.Context, ns *corev1.Namespace, r *resource.Resource) (longest time.Duration, err error) {
	if r.GVR() != pods {
		return 0, nil
	}
	list, err := c.objects.List(ctx, pods, ns.Name)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		pod, ok := o.(*corev1.Pod)
		if !ok || pod.Status.Phase == "Succeeded" || pod.Status.Phase == "Failed" || pod.Spec.TerminationGracePeriodSeconds == nil {
			continue
		}
		longest = max(longest, time.Duration(*pod.Spec.TerminationGracePeriodSeconds)*time.Second)
	}
	if time.Since(ns.DeletionTimestamp.Time) >= longest {
		return 0, nil
	}
	return longest, nil
}

// deleteAll deletes all objects under a prefix. What finalizers or a grace period keep stays, marked.
func (c *Controller) deleteAll(ctx context.Context, r *resource.Resource, within string) error {
	for from, more := "", true; more; {
		page, err := c.store.List(ctx, within, storage.ListOptions{From: from, Limit: pageSize})
		if err != nil {
			return resource.StatusError(err, r.GroupResource(), "")
		}
		if err := c.deletePage(ctx, r, page.Items); err != nil {
			return err
		}
		if more = page.Remaining > 0; more {
			from = page.Items[len(page.Items)-1].Key + "\x00"
		}
	}
	return nil
}

// deletePage returns the first error.
func (c *Controller) deletePage(ctx context.Context, r *resource.Resource, items []storage.KeyValue) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan string)
	var running sync.WaitGroup
	for range min(deleters, len(items)) {
		running.Go(func() {
			for key := range next {
				if err := c.deleteOne(ctx, r, key); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, kv := range items {
		if c.pace.Take(ctx) != nil {
			break
		}
		next <- kv.Key
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

func (c *Controller) deleteOne(ctx context.Context, r *resource.Resource, key string) error {
	namespace, name := r.SplitKey(key)
	background := metav1.DeletePropagationBackground
	err := c.writer.Delete(ctx, resource.OwnWrite{Resource: r.GVR(), Namespace: namespace, Name: name, Manager: manager}, &metav1.DeleteOptions{PropagationPolicy: &background})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// left counts the objects under a prefix and notes the finalizers that keep them.
func (c *Controller) left(ctx context.Context, within string, f *found) (n int, kept bool, err error) {
	for from, more := "", true; more; {
		page, err := c.store.List(ctx, within, storage.ListOptions{From: from, Limit: pageSize})
		if err != nil {
			return n, kept, err
		}
		for _, kv := range page.Items {
			l, err := codec.ReadLifecycle(kv.Value)
			if err != nil {
				return n, kept, fmt.Errorf("%s: %w", kv.Key, err)
			}
			for _, finalizer := range l.Finalizers {
				f.finalizers[finalizer]++
				kept = true
			}
		}
		n += len(page.Items)
		if more = page.Remaining > 0; more {
			from = page.Items[len(page.Items)-1].Key + "\x00"
		}
	}
	return n, kept, nil
}

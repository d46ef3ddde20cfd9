package definitions

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiextensions"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// again is when a deletion of objects that failed, or of which nothing is heard, is tried anew.
const again = 5 * time.Second

// clean deletes the objects of a definition that is to go, and then lets it go. What cannot be done within ctx, which may be a
// request's, and what waits for the finalizers of objects, is left to a goroutine.
func (m *Manager) clean(ctx context.Context, name string) {
	asked, mine := m.begin(name)
	if !mine {
		select {
		case <-asked:
		case <-ctx.Done():
		}
		return
	}
	gone := m.cleanOnce(ctx, name)
	close(asked)
	select {
	case <-m.feed.begun:
	default: // nothing outlives a request before Run, which finds the definition
		gone = true
	}
	if gone {
		m.end(name)
		return
	}
	m.feed.beside.Go(func() {
		p := &pending{}
		ctx := context.WithValue(m.feed.running, pendingKey, p)
		// The first turn may have ended because its request did.
		for !m.cleanOnce(ctx, name) && m.waitForObjects(ctx, name) {
			p.queue = nil
		}
		m.end(name)
		for _, c := range p.queue {
			m.follow(m.feed.running, c)
		}
	})
}

// begin says whether the caller is to delete the objects of a definition; somebody else may be at it.
func (m *Manager) begin(name string) (asked chan struct{}, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if asked = m.busy[name]; asked != nil {
		return asked, false
	}
	asked = make(chan struct{})
	m.busy[name] = asked
	return asked, true
}

func (m *Manager) end(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.busy, name)
}

// cleanOnce goes once over the objects; false when some are left.
func (m *Manager) cleanOnce(ctx context.Context, name string) bool {
	e := m.known(name)
	if e == nil || e.head.DeletionTimestamp == nil || !slices.Contains(e.head.Finalizers, apiextensions.Cleanup) {
		return true
	}
	if !m.say(ctx, name, "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress", false) {
		return false
	}
	if isBuiltIn(e.head) {
		return m.say(ctx, name, "False", "OverlappingBuiltInResource", "instances overlap with built-in resources in storage", true)
	}
	if !apiextensions.IsEstablished(e.head) {
		return m.say(ctx, name, "False", "NeverEstablished", "resource was never established", true)
	}
	left, err := m.deleteObjects(ctx, e.defined)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		m.say(ctx, name, "True", "InstanceDeletionFailed", fmt.Sprintf("could not issue all deletes: %v", err), false)
		return false
	case left > 0:
		return false
	}
	return m.say(ctx, name, "False", "InstanceDeletionCompleted", "removed all instances", true)
}

// isBuiltIn says whether the objects of a definition would lie among those of a resource of the server.
func isBuiltIn(o *apiextensionsv1.CustomResourceDefinition) bool {
	return slices.ContainsFunc(resources.Rows, func(row resources.Row) bool {
		return row.Group == o.Spec.Group && row.Resource == o.Spec.Names.Plural
	})
}

// say notes in the status how far the deletion is, and lets the definition go when it is over.
func (m *Manager) say(ctx context.Context, name, status, reason, message string, over bool) bool {
	_, err := m.writer.Update(ctx, resource.OwnWrite{Resource: gvr, Subresource: "status", Name: name}, func(o object.Object) error {
		crd, ok := o.(*apiextensionsv1.CustomResourceDefinition)
		if !ok {
			return fmt.Errorf("unexpected object type %T", o)
		}
		apiextensions.SetTerminating(crd, status, reason, message, time.Now())
		if over {
			crd.Finalizers = slices.DeleteFunc(crd.Finalizers, func(f string) bool { return f == apiextensions.Cleanup })
		}
		return nil
	})
	if err != nil && !apierrors.IsNotFound(err) {
		if ctx.Err() == nil {
			m.log.Warn("the deletion of a definition could not be noted", "definition", name, "error", err)
		}
		return false
	}
	return true
}

// page is how many objects are read at once to be deleted.
const page = 500

// deleteObjects deletes all objects of a definition, and says how many are left: they have finalizers.
func (m *Manager) deleteObjects(ctx context.Context, d *definition) (left int64, err error) {
	var faults []error
	from := ""
	for {
		list, err := m.store.List(ctx, d.keys.Prefix(), storage.ListOptions{Limit: page, From: from})
		if err != nil {
			return 0, err
		}
		for _, kv := range list.Items {
			namespace, name := d.keys.Split(kv.Key)
			err := m.writer.Delete(ctx, resource.OwnWrite{Row: d.stored, Namespace: namespace, Name: name}, &metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				faults = append(faults, err)
			}
			if from = kv.Key + "\x00"; ctx.Err() != nil {
				return 0, ctx.Err()
			}
		}
		if len(list.Items) < page {
			break
		}
	}
	if err := utilerrors.NewAggregate(faults); err != nil {
		return 0, err
	}
	return m.store.Count(ctx, d.keys.Prefix())
}

// waitForObjects returns when an object of a definition has gone, or it is time to look again; false when ctx has ended.
func (m *Manager) waitForObjects(ctx context.Context, name string) bool {
	e := m.known(name)
	if e == nil {
		return true
	}
	timer := time.NewTimer(again)
	defer timer.Stop()
	w, err := m.store.Watch(ctx, e.defined.keys.Prefix(), 0)
	if err != nil {
		select {
		case <-timer.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
	defer w.Stop()
	if left, err := m.store.Count(ctx, e.defined.keys.Prefix()); err == nil && left == 0 {
		return true // they went before the watch began
	}
	for {
		select {
		case change, open := <-w.Events():
			if !open {
				return ctx.Err() == nil
			}
			if change.Type == storage.Deleted {
				return true
			}
		case <-timer.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

package rbac

import (
	"iter"
	"log/slog"
	"maps"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// index is the sink of the feed. It belongs to the feed's goroutine; what decisions read is published to out. An object
// that cannot be decoded is as if it were not there, which never allows more.
type index struct {
	out     *atomic.Pointer[snapshot]
	log     *slog.Logger
	observe []func(map[string]*rbacv1.ClusterRole)

	clusterRoles map[string]*rbacv1.ClusterRole
	// namespaces has what is in each; the cluster's bindings are under the empty name.
	namespaces map[string]*content
	// What changed since the last publication.
	changedRoles, changed map[string]bool
}

// content is what one namespace has.
type content struct {
	roles    map[string][]rbacv1.PolicyRule
	bindings map[string]*binding
}

func newIndex(out *atomic.Pointer[snapshot], log *slog.Logger) *index {
	return &index{
		out: out, log: log, clusterRoles: map[string]*rbacv1.ClusterRole{},
		namespaces: map[string]*content{}, changed: map[string]bool{}, changedRoles: map[string]bool{},
	}
}

// Replace implements feed.Sink.
func (x *index) Replace(prefix int, items iter.Seq2[storage.KeyValue, error]) {
	if prefix == clusterRoles {
		for name := range x.clusterRoles {
			x.changedRoles[name] = true
		}
		clear(x.clusterRoles)
	}
	for namespace, c := range x.namespaces {
		switch {
		case prefix == roles:
			clear(c.roles)
		case prefix == bindings && namespace != "", prefix == clusterBindings && namespace == "":
			clear(c.bindings)
		default:
			continue
		}
		x.changed[namespace] = true
	}
	for kv, err := range items {
		if err != nil {
			return
		}
		x.put(prefix, kv)
	}
}

// Change implements feed.Sink.
func (x *index) Change(prefix int, e storage.Event) {
	if e.Type == storage.Deleted {
		x.remove(prefix, e.Key)
		return
	}
	x.put(prefix, storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision})
}

func (x *index) put(prefix int, kv storage.KeyValue) {
	namespace, name := followed[prefix].Split(kv.Key)
	var err error
	switch prefix {
	case clusterRoles:
		var o *rbacv1.ClusterRole
		if o, err = decode[*rbacv1.ClusterRole](prefix, kv); err == nil {
			o.ManagedFields = nil // not needed here, and often larger than the rest
			x.clusterRoles[name], x.changedRoles[name] = o, true
		}
	case roles:
		var o *rbacv1.Role
		if o, err = decode[*rbacv1.Role](prefix, kv); err == nil {
			x.content(namespace).roles[name] = o.Rules
		}
	default:
		var b *binding
		if b, err = decodeBinding(prefix, kv); err == nil {
			x.content(namespace).bindings[name] = b
		}
	}
	if err != nil {
		x.log.Error("a role or binding cannot be read and counts for nothing", "error", err)
		x.remove(prefix, kv.Key)
	}
}

// content is that of a namespace, noted as changed.
func (x *index) content(namespace string) *content {
	c := x.namespaces[namespace]
	if c == nil {
		c = &content{roles: map[string][]rbacv1.PolicyRule{}, bindings: map[string]*binding{}}
		x.namespaces[namespace] = c
	}
	x.changed[namespace] = true
	return c
}

func (x *index) remove(prefix int, key string) {
	namespace, name := followed[prefix].Split(key)
	switch prefix {
	case clusterRoles:
		delete(x.clusterRoles, name)
		x.changedRoles[name] = true
	case roles:
		delete(x.content(namespace).roles, name)
	default:
		delete(x.content(namespace).bindings, name)
	}
}

// Publish implements feed.Sink: it builds anew what changed, and what refers to cluster roles that changed, and shares the
// rest with the snapshot before.
func (x *index) Publish() {
	before := x.out.Load()
	for namespace, c := range x.namespaces {
		if !x.changed[namespace] && c.refersTo(x.changedRoles) {
			x.changed[namespace] = true
		}
	}
	next := &snapshot{cluster: before.cluster, namespaces: before.namespaces}
	if len(x.changed) > 0 {
		if next.namespaces = maps.Clone(before.namespaces); next.namespaces == nil {
			next.namespaces = map[string]*scope{}
		}
	}
	for namespace := range x.changed {
		c := x.namespaces[namespace]
		switch {
		case namespace == "":
			next.cluster = x.scope(c)
		case len(c.roles)+len(c.bindings) == 0:
			delete(next.namespaces, namespace)
			delete(x.namespaces, namespace)
		default:
			next.namespaces[namespace] = x.scope(c)
		}
	}
	x.out.Store(next)
	if len(x.changedRoles) > 0 {
		known := maps.Clone(x.clusterRoles)
		for _, f := range x.observe {
			f(known)
		}
	}
	clear(x.changedRoles)
	clear(x.changed)
}

// refersTo says whether a binding is of one of the cluster roles.
func (c *content) refersTo(names map[string]bool) bool {
	if len(names) == 0 {
		return false
	}
	for _, b := range c.bindings {
		if b.ref.Kind == "ClusterRole" && names[b.ref.Name] {
			return true
		}
	}
	return false
}

// scope is the content as decisions read it: each binding with its rules, in copies, because those of the scope before are
// still being read.
func (x *index) scope(c *content) *scope {
	list := make([]*binding, 0, len(c.bindings))
	for _, b := range c.bindings {
		resolved := *b
		resolved.rules, resolved.err = x.rules(c, b)
		list = append(list, &resolved)
	}
	return newScope(list)
}

// rules are those of the role that a binding refers to. It fails in the words of upstream's cache: the resource is in
// the singular there.
func (x *index) rules(c *content, b *binding) ([]rbacv1.PolicyRule, error) {
	switch b.ref.Kind {
	case "ClusterRole":
		if r, ok := x.clusterRoles[b.ref.Name]; ok {
			return r.Rules, nil
		}
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: "clusterrole"}, b.ref.Name)
	case "Role":
		if r, ok := c.roles[b.ref.Name]; ok && b.namespace != "" {
			return r, nil
		}
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: "role"}, b.ref.Name)
	}
	return nil, unsupported(b.ref.Kind)
}

package fields

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Manager tracks the owners of the fields of one resource in one version, for writes to one endpoint: the resource or a
// subresource. It is safe for concurrent use.
type Manager struct {
	Options
	version string
	reset   *resetFields

	// These are made on first use.
	tables  func() (*tables, error)
	filters func() map[fieldpath.APIVersion]fieldpath.Filter
	library func() (*managedfields.FieldManager, error)
}

// Options are the parameters of a Manager.
type Options struct {
	// GVK is the kind of the endpoint's bodies.
	GVK         kschema.GroupVersionKind
	Subresource string
	// Resets are the dotted paths of the fields that a write to the endpoint resets. AllResets returns those of each version
	// (apps/v1) of the resource; it is called on first use.
	Resets    []string
	AllResets func() map[string][]string
	// New makes an empty object of a version of the kind, with apiVersion and kind; nil for an unknown version.
	New func(kschema.GroupVersionKind) object.Object
	// Convert returns the converter from one version to another; nil where there is none.
	Convert func(from, to kschema.GroupVersionKind) resource.Converter
	// Default fills the defaults of an object of the GVK; it may be nil.
	Default func(object.Object)
	// Body reads objects of the GVK from JSON.
	Body resource.Body
	// Types are the merge schemas of the versions of a kind whose objects are maps (Unstructured); nil for the kinds of the
	// model. An error is the answer to an apply.
	Types func(kschema.GroupVersionKind) (*typed.ParseableType, error)
	// Tree is the schema of such a kind in the version of the GVK; without one, or while it is not ok, the library tracks all
	// writes.
	Tree func() (t Tree, ok bool)
}

// tables are the fast path's tables of the kind.
type tables struct {
	root *node
	// blank is an empty object, with which a new one is compared.
	blank value
}

// New makes a Manager. The tables and the library are made on first use.
func New(o Options) *Manager {
	m := &Manager{Options: o, version: o.GVK.GroupVersion().String(), reset: resetsOf(o.Resets)}
	m.tables = sync.OnceValues(m.makeTables)
	m.filters = sync.OnceValue(m.makeFilters)
	m.library = sync.OnceValues(m.makeLibrary)
	return m
}

func (m *Manager) makeTables() (*tables, error) {
	message := schema.ByKind(m.GVK.ToAPIVersionAndKind())
	if message == nil {
		return nil, fmt.Errorf("no message describes %v", m.GVK)
	}
	blank := reflect.ValueOf(m.New(m.GVK)).Elem()
	n, err := rootNode(blank.Type(), message)
	return &tables{root: n, blank: value{Value: blank}}, err
}

// Track sets the managedFields of next, the writer's state of live, which is nil for a create. The writer's own managedFields
// count where they do upstream; unreadable ones are dropped. It never fails: at worst next has none.
func (m *Manager) Track(live, next object.Object, manager string, now time.Time) {
	if manager == "" {
		manager = unknownManager
	}
	var entries []metav1.ManagedFieldsEntry
	if live != nil {
		entries = live.GetManagedFields()
	}
	sent := next.GetManagedFields()
	forget := m.Subresource == "" && isReset(sent)
	if live != nil && (forget || len(entries) == 0 && (m.Subresource != "" || len(sent) == 0)) {
		// An object without managedFields stays without until its first apply.
		next.SetManagedFields(nil)
		return
	}
	own := m.Subresource == "" && !forget && len(sent) > 0 && !(sameEntries(sent, entries) && sameTimes(sent, entries))
	if !own {
		if out, sure := m.quick(live, next, entries, manager, now); sure {
			next.SetManagedFields(out)
			return
		}
	}
	m.slow(live, next, manager)
}

// slow is Track by the library.
func (m *Manager) slow(live, next object.Object, manager string) {
	library, err := m.library()
	if err == nil {
		if live == nil {
			live = m.New(m.GVK)
		}
		_, err = library.Update(live, next, manager)
	}
	if err != nil {
		next.SetManagedFields(nil)
	}
}

// quick is the fast path of Track; false when it cannot decide.
func (m *Manager) quick(live, next object.Object, entries []metav1.ManagedFieldsEntry, manager string, now time.Time) ([]metav1.ManagedFieldsEntry, bool) {
	encoded, plain := m.plainEntries(entries)
	if !plain {
		return nil, false
	}
	d := m.compared(live, next)
	if d == nil || d.unsure {
		return nil, false
	}
	if d.none() {
		return entries, true
	}
	return m.owned(entries, encoded, d, manager, now)
}

// compared are the differences of two objects; nil when nothing describes them.
func (m *Manager) compared(live, next object.Object) *difference {
	if m.Types != nil {
		return m.comparedMaps(live, next)
	}
	t, err := m.tables()
	if err != nil {
		return nil
	}
	old := t.blank
	if live != nil {
		old = value{Value: reflect.ValueOf(live).Elem()}
	}
	return compare(t.root, old, value{Value: reflect.ValueOf(next).Elem()}, m.reset)
}

func (m *Manager) comparedMaps(live, next object.Object) *difference {
	if m.Tree == nil {
		return nil
	}
	t, ok := m.Tree()
	if !ok {
		return nil
	}
	var old map[string]any
	if live != nil {
		u, ok := live.(*unstructured.Unstructured)
		if !ok {
			return nil
		}
		old = u.Object
	}
	u, ok := next.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	return compareMaps(t, old, u.Object, m.reset)
}

// owned are the entries after the differences: every manager loses the changed and removed fields, the writer gets the changed
// ones.
func (m *Manager) owned(entries []metav1.ManagedFieldsEntry, encoded []string, d *difference, manager string, now time.Time) ([]metav1.ManagedFieldsEntry, bool) {
	changed, removed := string(d.changed), string(d.removed)
	lost, err := union(changed, removed)
	if err != nil {
		return nil, false
	}
	lostPaths, _ := paths(string(lost))
	own := m.newEntry(manager, d.changed, now)
	writes := changed != noFields
	out := make([]metav1.ManagedFieldsEntry, 0, len(entries)+1)
	for i, e := range entries {
		if writes && sameIdentity(&e, &own) {
			if own.FieldsV1, err = m.renewed(e.FieldsV1, encoded[i], changed, removed); err != nil {
				return nil, false
			}
			continue
		}
		left, err := without(encoded[i], string(lost), lostPaths)
		if err != nil {
			return nil, false
		}
		if left == nil {
			continue
		}
		if len(left) != len(encoded[i]) {
			e.FieldsV1 = &metav1.FieldsV1{}
			e.FieldsV1.SetRawBytes(left)
		}
		out = append(out, e)
	}
	if writes {
		out = append(out, own)
	}
	updaters := 0
	for i := range out {
		if out[i].Operation == metav1.ManagedFieldsOperationUpdate {
			updaters++
		}
	}
	if updaters > maxUpdaters {
		return nil, false
	}
	if len(out) == 0 {
		return nil, true
	}
	sortEntries(out)
	return out, true
}

// renewed is the writer's entry, whose encoded set is given, too, with the fields that it has changed and without those that it
// has removed.
func (m *Manager) renewed(f *metav1.FieldsV1, encoded, changed, removed string) (*metav1.FieldsV1, error) {
	if few, ok := paths(changed); ok && removed == noFields && holdsAll(encoded, few) {
		return f, nil
	}
	few, _ := paths(removed)
	left, err := without(encoded, removed, few)
	if err != nil {
		return nil, err
	}
	if left == nil {
		left = []byte(noFields)
	}
	b, err := union(string(left), changed)
	if err != nil {
		return nil, err
	}
	out := &metav1.FieldsV1{}
	out.SetRawBytes(b)
	return out, nil
}

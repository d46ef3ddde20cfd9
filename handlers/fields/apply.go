package fields

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	smdvalue "sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// kubectlManager is the manager for which the library migrates from client-side apply: it reads lastApplied and keeps it up to
// date.
const kubectlManager = "kubectl"

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// Apply merges the configuration of a manager into an object, and returns a new object with defaults and managedFields. Errors
// are upstream's: API errors for conflicts and bad requests.
//
// Most applies are decided by structured-merge-diff over maps, without the library around it: that makes an object of the whole
// live one for each manager. All that is rare is left to the library: other versions, refusals, the ways of kubectl.
func (m *Manager) Apply(a resource.Applied, now time.Time) (object.Object, error) {
	if o, ok := m.mergeMaps(&a, now); ok {
		return o, nil
	}
	library, err := m.library()
	if err != nil {
		return nil, err
	}
	live := a.Live
	if live == nil {
		live = m.New(m.GVK)
	}
	out, err := library.Apply(live, &unstructured.Unstructured{Object: a.Configuration}, a.Manager, a.Force)
	if err != nil {
		return nil, err
	}
	o, ok := out.(object.Object)
	if !ok {
		return nil, fmt.Errorf("apply made a %T", out)
	}
	o.GetObjectKind().SetGroupVersionKind(m.GVK)
	return o, nil
}

// mergeMaps is Apply for what is common; false when the library must be asked.
func (m *Manager) mergeMaps(a *resource.Applied, now time.Time) (object.Object, bool) {
	if a.Manager == kubectlManager && isAppliedByClient(a) || !m.isOwnKind(a.Configuration) || m.Types != nil && hasEmptyItem(a.Configuration) {
		return nil, false
	}
	live := map[string]any{}
	managed := owners{fields: fieldpath.ManagedFields{}, times: map[string]*metav1.Time{}}
	if a.Live != nil {
		entries := a.Live.GetManagedFields()
		encoded, plain := m.plainEntries(entries)
		if !plain || len(entries) == 0 {
			return nil, false
		}
		if m.isApplied(a, encoded) {
			return object.Copy(a.Live), true
		}
		if managed.read(entries, encoded) != nil {
			return nil, false
		}
		text, err := a.Text()
		if err != nil || utiljson.Unmarshal(text, &live) != nil {
			return nil, false
		}
	}
	// managedFields are not merged.
	if meta, ok := live["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
	}
	id, err := identifier(&metav1.ManagedFieldsEntry{Manager: a.Manager, Operation: metav1.ManagedFieldsOperationApply, Subresource: m.Subresource})
	if err != nil {
		return nil, false
	}
	merged, err := m.merge(live, a, &managed, id)
	if err != nil {
		return nil, false
	}
	if merged == nil && a.Live == nil {
		return nil, false // of nothing an object is made that has nothing
	}
	if merged == nil {
		o := object.Copy(a.Live) // whose times stay, too
		return o, managed.write(o) == nil
	}
	managed.times[id] = &metav1.Time{Time: now}
	o, ok := m.built(merged)
	if !ok {
		return nil, false
	}
	if m.Options.Default != nil {
		m.Options.Default(o)
	}
	return o, managed.write(o) == nil
}

// hasEmptyItem says whether there is a list with an empty map in it. Where all keys of such an item have defaults, the library prunes
// from the live object what it has just merged.
func hasEmptyItem(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			if hasEmptyItem(x) {
				return true
			}
		}
	case []any:
		for _, x := range v {
			if item, ok := x.(map[string]any); ok && len(item) == 0 || hasEmptyItem(x) {
				return true
			}
		}
	}
	return false
}

// built makes an object of the kind from a map whose parts are shared.
func (m *Manager) built(content map[string]any) (object.Object, bool) {
	if m.Types != nil {
		return &unstructured.Unstructured{Object: runtime.DeepCopyJSON(content)}, true
	}
	text, err := json.Marshal(content)
	if err != nil {
		return nil, false
	}
	return m.Body.DecodeQuick(text)
}

// isAppliedByClient reports whether the object or the configuration has the annotation of client-side apply.
func isAppliedByClient(a *resource.Applied) bool {
	if a.Live != nil && a.Live.GetAnnotations()[lastApplied] != "" {
		return true
	}
	annotations, _, err := unstructured.NestedMap(a.Configuration, "metadata", "annotations")
	return err != nil || annotations[lastApplied] != nil
}

// isOwnKind reports whether the merge handles a configuration: of this kind and version, without managedFields.
func (m *Manager) isOwnKind(configuration map[string]any) bool {
	version, kind := m.GVK.ToAPIVersionAndKind()
	if configuration["apiVersion"] != version || configuration["kind"] != kind {
		return false
	}
	meta, ok := configuration["metadata"].(map[string]any)
	if !ok {
		return configuration["metadata"] == nil
	}
	_, owned := meta["managedFields"]
	return !owned
}

// merge is the merge itself; its result is nil when nothing changes.
func (m *Manager) merge(live map[string]any, a *resource.Applied, managed *owners, id string) (map[string]any, error) {
	kind, err := m.mergeType(m.GVK)
	if err != nil || kind == nil {
		return nil, errUnreadable
	}
	configuration, err := kind.FromUnstructured(a.Configuration)
	if err != nil {
		return nil, err
	}
	if len(live) == 0 {
		live["apiVersion"], live["kind"] = m.GVK.ToAPIVersionAndKind()
	}
	before := typed.AsTypedUnvalidated(smdvalue.NewValueInterface(live), kind.Schema, kind.TypeRef)
	if m.Types != nil {
		// A definition may have changed since it was stored, so that it does not fit any more.
		if before, err = kind.FromUnstructured(live, typed.AllowDuplicates); err != nil {
			return nil, err
		}
	}
	if last := managed.fields[id]; last != nil {
		wanted, err := configuration.ToFieldSet()
		if err != nil {
			return nil, err
		}
		// The manager applies a superset of what it owned, so nothing is pruned.
		if last.Set().Difference(wanted).Empty() {
			delete(managed.fields, id)
		}
	}
	updater := merge.Updater{Converter: sameVersion(m.version), IgnoreFilter: m.filters()}
	after, fields, err := updater.Apply(before, configuration, fieldpath.APIVersion(m.version), managed.fields, id, a.Force)
	if err != nil {
		return nil, err
	}
	managed.fields = fields
	managed.strip(id)
	if after == nil {
		return nil, nil
	}
	content, ok := after.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, errUnreadable
	}
	return content, nil
}

// sameVersion is a converter that never converts, because all entries have the version of the path.
type sameVersion string

// Convert implements merge.Converter.
func (v sameVersion) Convert(o *typed.TypedValue, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	if string(version) != string(v) {
		return nil, errUnreadable
	}
	return o, nil
}

// IsMissingVersionError implements merge.Converter.
func (sameVersion) IsMissingVersionError(error) bool { return false }

package fields

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// owners are decoded entries: field sets and times by the identifier of the manager.
type owners struct {
	fields fieldpath.ManagedFields
	times  map[string]*metav1.Time
}

// identifier is upstream's identifier of a manager, which appears in conflict messages. For applies it excludes the version.
func identifier(e *metav1.ManagedFieldsEntry) (string, error) {
	id := metav1.ManagedFieldsEntry{Manager: e.Manager, Operation: e.Operation, Subresource: e.Subresource}
	if e.Operation != metav1.ManagedFieldsOperationApply {
		id.APIVersion = e.APIVersion
	}
	text, err := json.Marshal(&id)
	return string(text), err
}

// read takes entries over, whose sets are given as text, too.
func (o *owners) read(entries []metav1.ManagedFieldsEntry, encoded []string) error {
	for i := range entries {
		e := &entries[i]
		id, err := identifier(e)
		if err != nil {
			return err
		}
		set, err := decode(encoded[i])
		if err != nil {
			return err
		}
		o.fields[id] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(e.APIVersion), e.Operation == metav1.ManagedFieldsOperationApply)
		o.times[id] = e.Time
	}
	return nil
}

// unowned are the fields that never have an owner.
var unowned = func() *fieldpath.Set {
	s := fieldpath.NewSet(fieldpath.MakePathOrDie("apiVersion"), fieldpath.MakePathOrDie("kind"), fieldpath.MakePathOrDie("metadata"))
	for name := range unownedMeta {
		s.Insert(fieldpath.MakePathOrDie("metadata", name))
	}
	return s
}()

// strip removes the unowned fields from a manager's set.
func (o *owners) strip(id string) {
	vs := o.fields[id]
	if vs == nil {
		return
	}
	left := vs.Set().Difference(unowned)
	if left.Empty() {
		delete(o.fields, id)
		return
	}
	o.fields[id] = fieldpath.NewVersionedSet(left, vs.APIVersion(), vs.Applied())
}

// write encodes the owners as the object's managedFields.
func (o *owners) write(to object.Object) error {
	var out []metav1.ManagedFieldsEntry
	for id, vs := range o.fields {
		e := metav1.ManagedFieldsEntry{}
		if err := json.Unmarshal([]byte(id), &e); err != nil {
			return fmt.Errorf("the identity of a manager: %w", err)
		}
		b, err := vs.Set().ToJSON()
		if err != nil {
			return err
		}
		e.APIVersion, e.FieldsType, e.Time = string(vs.APIVersion()), fieldsType, o.times[id]
		e.FieldsV1 = &metav1.FieldsV1{}
		e.FieldsV1.SetRawBytes(b)
		out = append(out, e)
	}
	sortEntries(out)
	to.SetManagedFields(out)
	return nil
}

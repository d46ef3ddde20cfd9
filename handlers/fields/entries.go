package fields

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxUpdaters is the maximum number of Update entries; the library joins the oldest of more ("ancient-changes").
const maxUpdaters = 10

// unknownManager is the manager of writes without a name.
const unknownManager = "unknown"

// fieldsType is the only one.
const fieldsType = "FieldsV1"

// newEntry is the entry of an update.
func (m *Manager) newEntry(manager string, fields []byte, now time.Time) metav1.ManagedFieldsEntry {
	f := &metav1.FieldsV1{}
	f.SetRawBytes(fields)
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: m.version, Subresource: m.Subresource,
		Time: &metav1.Time{Time: now}, FieldsType: fieldsType, FieldsV1: f,
	}
}

// isReset reports whether a client resets managedFields: by an empty list, or one with an empty entry.
func isReset(entries []metav1.ManagedFieldsEntry) bool {
	switch len(entries) {
	case 0:
		return entries != nil
	case 1:
		return entries[0] == metav1.ManagedFieldsEntry{}
	}
	return false
}

// plainEntries are the encoded sets of the entries. It returns false when the fast path cannot handle one of them: all must have
// this version and be canonical.
func (m *Manager) plainEntries(entries []metav1.ManagedFieldsEntry) ([]string, bool) {
	encoded := make([]string, len(entries))
	updaters := 0
	for i := range entries {
		e := &entries[i]
		if e.APIVersion != m.version || e.FieldsType != fieldsType || e.FieldsV1 == nil {
			return nil, false
		}
		encoded[i] = e.FieldsV1.GetRawString() // which is a copy
		switch {
		case encoded[i] == noFields: // which the library drops
			return nil, false
		case !isCanonical(encoded[i]):
			return nil, false
		case e.Operation == metav1.ManagedFieldsOperationUpdate:
			updaters++
		case e.Operation != metav1.ManagedFieldsOperationApply:
			return nil, false
		}
	}
	return encoded, updaters <= maxUpdaters
}

// sameEntries compares entries except for their times.
func sameEntries(x, y []metav1.ManagedFieldsEntry) bool {
	return slices.EqualFunc(x, y, func(a, b metav1.ManagedFieldsEntry) bool {
		return sameIdentity(&a, &b) && a.FieldsType == b.FieldsType && (a.FieldsV1 == nil) == (b.FieldsV1 == nil) &&
			(a.FieldsV1 == nil || a.FieldsV1.Equal(*b.FieldsV1))
	})
}

// OnlyTimesDiffer reports whether entries differ by their times, and by nothing else.
func OnlyTimesDiffer(x, y []metav1.ManagedFieldsEntry) bool {
	return len(x) > 0 && sameEntries(x, y) && !sameTimes(x, y)
}

func sameTimes(x, y []metav1.ManagedFieldsEntry) bool {
	for i := range x {
		if seconds(x[i].Time) != seconds(y[i].Time) {
			return false
		}
	}
	return true
}

func sameIdentity(a, b *metav1.ManagedFieldsEntry) bool {
	return a.Manager == b.Manager && a.Operation == b.Operation && a.APIVersion == b.APIVersion && a.Subresource == b.Subresource
}

func sortEntries(entries []metav1.ManagedFieldsEntry) {
	slices.SortFunc(entries, func(p, q metav1.ManagedFieldsEntry) int {
		return cmp.Or(
			cmp.Compare(p.Operation, q.Operation), cmp.Compare(seconds(p.Time), seconds(q.Time)), cmp.Compare(p.Manager, q.Manager),
			cmp.Compare(p.APIVersion, q.APIVersion), cmp.Compare(p.Subresource, q.Subresource),
		)
	})
}

func seconds(t *metav1.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}

package write

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/managedfields"

	"github.com/gatehouse-dev/gatehouse/handlers/fields"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// serverManager is the field manager of the server's own writes.
const serverManager = "kube-apiserver"

// manager is the field manager of the write: the client's fieldManager parameter, or its user agent up to the first slash.
func (op *operation) manager() string {
	switch {
	case op.FieldManager != "":
		return op.FieldManager
	case op.own:
		return serverManager
	}
	name, _, _ := strings.Cut(op.UserAgent, "/")
	var b strings.Builder
	for _, r := range name {
		if !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > metavalidation.FieldManagerMaxLength {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// track updates the managedFields of an object. It runs before mutating admission, so fields that admission sets have no owner.
// live is nil for a new object.
func (op *operation) track(o, live object.Object) {
	switch {
	case op.untracked || op.bare:
		o.SetManagedFields(nil)
		if live != nil && !op.bare {
			o.SetManagedFields(live.GetManagedFields())
		}
	case op.Resource.FieldManager != nil:
		op.Resource.FieldManager.Track(live, o, op.manager(), op.Now())
	}
}

// encodeChanged is the stored form of a changed object. When it differs from the live one only by the times in managedFields, it
// is the live one's stored form, so nothing is written.
func (op *operation) encodeChanged(ctx context.Context, o, live object.Object, stored []byte) ([]byte, error) {
	value, err := op.encode(ctx, o)
	if err != nil || len(value) != len(stored) || !fields.OnlyTimesDiffer(o.GetManagedFields(), live.GetManagedFields()) {
		return value, err
	}
	newer := o.GetManagedFields()
	o.SetManagedFields(live.GetManagedFields())
	if same, err := op.encode(ctx, o); err != nil || bytes.Equal(same, stored) {
		return same, err
	}
	o.SetManagedFields(newer)
	return value, nil
}

// shown is the view of a live object (a Scale), with the view's managedFields.
func (op *operation) shown(live object.Object) (object.Object, error) {
	view, err := op.Resource.Strategy.Changeable(live)
	if err != nil || op.Resource.Owners == nil {
		return view, err
	}
	entries, err := op.Resource.Owners.View(live.GetManagedFields())
	if err == nil {
		view.SetManagedFields(entries)
	}
	return view, nil // unreadable entries own nothing
}

// viewTracked copies the managedFields of a view back to its object.
func (op *operation) viewTracked(o, view object.Object) {
	if op.Resource.Owners == nil || op.untracked {
		return
	}
	entries, err := op.Resource.Owners.Object(o.GetManagedFields(), view.GetManagedFields())
	if err == nil {
		o.SetManagedFields(entries)
	}
}

// invalidAfterAdmission is the warning for managedFields that admission has made invalid.
const invalidAfterAdmission = ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: %v"

// checkTracked restores managedFields that admission has made unreadable.
func checkTracked(a *resource.Attempt, o object.Object, before []metav1.ManagedFieldsEntry) {
	after := o.GetManagedFields()
	if len(after) == len(before) && (len(after) == 0 || &after[0] == &before[0]) {
		return
	}
	if err := managedfields.ValidateManagedFields(after); err != nil {
		o.SetManagedFields(before)
		a.Warn(fmt.Sprintf(invalidAfterAdmission, err))
	}
}

package validation

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mostFaults is how many faults a refusal tells, mostFaultText how long their text is, in bytes, when the last one is
// added. A body of 3 MB may have a hundred thousand faults, or each fault may show a large part of it; the message alone
// costs the square of its length.
const mostFaults, mostFaultText = 1000, 256 << 10

// mostCollected is how many faults each part of the validation collects. They are put into order before the first are told.
const mostCollected = 4 * mostFaults

// first are as many faults as are worth looking at.
func first(errs field.ErrorList) field.ErrorList { return errs[:min(len(errs), mostCollected)] }

// Refuse is the 422 for faults, of which there is at least one. Of very many it tells the first ones.
func Refuse(kind schema.GroupKind, name string, errs field.ErrorList) error {
	told := firstFaults(errs)
	err := apierrors.NewInvalid(kind, name, errs[:told])
	if told < len(errs) {
		err.ErrStatus.Message += " and more"
	}
	return err
}

// firstFaults is how many faults are told.
func firstFaults(errs field.ErrorList) int {
	size := 0
	for i, e := range errs {
		if i == mostFaults || size >= mostFaultText {
			return i
		}
		size += len(e.Field) + len(e.ErrorBody())
	}
	return len(errs)
}

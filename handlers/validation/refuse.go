package validation

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mostFaults is the maximum number of faults in a response, mostFaultText the length of their text in bytes after which none is
// added. A body of 3 MB may have a hundred thousand faults, or each fault may show a large part of it, and NewInvalid is
// quadratic in the length of the message.
const mostFaults, mostFaultText = 1000, 256 << 10

// mostCollected is the maximum number of faults that each part of validation collects. They are sorted before they are cut.
const mostCollected = 4 * mostFaults

// first cuts a list to mostCollected.
func first(errs field.ErrorList) field.ErrorList { return errs[:min(len(errs), mostCollected)] }

// Refuse is the 422 for a list of at least one fault. A long list is cut.
func Refuse(kind schema.GroupKind, name string, errs field.ErrorList) error {
	told := firstFaults(errs)
	err := apierrors.NewInvalid(kind, name, errs[:told])
	if told < len(errs) {
		err.ErrStatus.Message += " and more"
	}
	return err
}

// firstFaults is the number of faults that fit into a response.
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

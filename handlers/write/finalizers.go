package write

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// finalizers are those of o, with the garbage collector's two set or removed according to propagation.
func (d *deletion) finalizers(o object.Object) []string {
	var keep []string
	for _, f := range o.GetFinalizers() {
		if f != metav1.FinalizerOrphanDependents && f != metav1.FinalizerDeleteDependents {
			keep = append(keep, f)
		}
	}
	orphan, foreground := d.propagation(o)
	if orphan {
		keep = append(keep, metav1.FinalizerOrphanDependents)
	}
	if foreground {
		keep = append(keep, metav1.FinalizerDeleteDependents)
	}
	return keep
}

// propagation decides between orphan, foreground and (neither) background deletion of dependents. The options come first, then
// a finalizer that the object has, then the row.
func (d *deletion) propagation(o object.Object) (orphan, foreground bool) {
	options := d.options
	if d.Resource.NoDependents {
		return false, false
	}
	if options.OrphanDependents != nil { //nolint:staticcheck // clients still send it
		return *options.OrphanDependents, false //nolint:staticcheck // as above
	}
	if options.PropagationPolicy != nil {
		return *options.PropagationPolicy == metav1.DeletePropagationOrphan, *options.PropagationPolicy == metav1.DeletePropagationForeground
	}
	for _, f := range o.GetFinalizers() {
		switch f {
		case metav1.FinalizerOrphanDependents:
			return true, false
		case metav1.FinalizerDeleteDependents:
			return false, true
		}
	}
	return d.Resource.OrphanDependents, false
}

package write

import "github.com/gatehouse-dev/gatehouse/handlers/object"

// keepAllButStatus undoes in o every change from old except that of the status and of the metadata that the status row
// leaves to its writers.
func (op *operation) keepAllButStatus(o, old object.Object) {
	op.Resource.Codec.KeepAllButStatus(o, old)
	for _, part := range op.Resource.StatusKeeps {
		switch part {
		case "labels":
			o.SetLabels(old.GetLabels())
		case "annotations":
			o.SetAnnotations(old.GetAnnotations())
		case "finalizers":
			o.SetFinalizers(old.GetFinalizers())
		case "ownerReferences":
			o.SetOwnerReferences(old.GetOwnerReferences())
		}
	}
}

// Package fields tracks the owners of the fields of objects (metadata.managedFields), and implements server-side apply (KEP-555).
// Its entries equal upstream's to the byte.
//
// There are two paths. The fast path compares two objects by the tables of the model and works on the encoded FieldsV1 of the
// entries. What it cannot decide is left to the library (apimachinery's managedfields over structured-merge-diff), whose merge
// schema is made from the same tables on first use. Nothing is made at start.
//
// Tracking runs before mutating admission and before the strategy's hooks, so fields that those set have no owner.
package fields

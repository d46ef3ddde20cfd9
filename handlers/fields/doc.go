// Package fields keeps account of who owns which field of an object (metadata.managedFields), and carries out server-side
// apply: upstream's field manager, for the same entries to the byte.
//
// There are two speeds. The fast path compares two objects by the tables of the model and works on the encoded FieldsV1 of the
// entries; it is sure of its answer or gives none. Then the library answers (apimachinery's managedfields over
// structured-merge-diff), whose merge schema is made of the same tables on first use. Nothing is made at start.
//
// Tracking runs before mutating admission and before the strategy prepares: what those set belongs to nobody. See KEP-555.
package fields

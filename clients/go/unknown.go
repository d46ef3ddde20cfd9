package kube

import "maps"

// Unknown has the fields of a JSON object that a type does not have, by name: what a newer server sends. They are read and
// written with the rest, so that an object that is read, changed and written back loses nothing.
type Unknown map[string]any

// Clone is a copy with the same values, which nobody alters.
func (u Unknown) Clone() Unknown { return maps.Clone(u) }

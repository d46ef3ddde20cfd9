// Package allocate allocates the cluster IPs of services, which are IPAddress objects, and their node ports, which are bits of one
// stored bitmap. Any number of servers may allocate from one store.
package allocate

import (
	"errors"
)

// ErrTaken and ErrFull are the failures of an allocation.
var (
	ErrTaken = errors.New("already allocated")
	ErrFull  = errors.New("range is full")
)

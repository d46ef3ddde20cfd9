// Package allocate gives services what they need outside of themselves: cluster addresses, which are objects of the API, and
// node ports, which are bits of one stored bitmap. Any number of servers allocate from one store.
package allocate

import (
	"errors"
)

// ErrTaken and ErrFull are the two ways in which an allocation cannot succeed.
var (
	ErrTaken = errors.New("already allocated")
	ErrFull  = errors.New("range is full")
)

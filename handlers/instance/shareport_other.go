//go:build !unix

package instance

import (
	"errors"
	"syscall"
)

var errNoSharing = errors.New("ports cannot be shared on this system")

// control refuses to share a port where systems have no such thing.
func control(share bool) func(network, address string, c syscall.RawConn) error {
	if !share {
		return nil
	}
	return func(string, string, syscall.RawConn) error { return errNoSharing }
}

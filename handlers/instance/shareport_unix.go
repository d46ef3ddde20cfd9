//go:build unix

package instance

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// control lets other servers listen at the same port, if they do so too; nil when they must not.
func control(share bool) func(network, address string, c syscall.RawConn) error {
	if !share {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if err != nil {
			return err
		}
		return failed
	}
}

package embedded

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3rpc"
	"google.golang.org/grpc"
)

// listener lets etcd's own tools look in while the server runs.
type listener struct {
	server *grpc.Server
	addr   net.Addr
	// socket is the file to remove at the end, if there is one.
	socket string
	done   chan struct{}
}

// listen serves etcd's API without authentication, hence only where this machine's users alone can reach it.
func listen(server *etcdserver.EtcdServer, address string) (*listener, error) {
	l, socket, err := open(address)
	if err != nil {
		return nil, fmt.Errorf("listen for etcd clients on %q: %w", address, err)
	}
	out := &listener{server: v3rpc.Server(server, nil, nil), addr: l.Addr(), socket: socket, done: make(chan struct{})}
	go func() {
		defer close(out.done)
		// Serve ends with close, and says so; an earlier end leaves the store itself untouched.
		_ = out.server.Serve(l)
	}()
	return out, nil
}

func open(address string) (l net.Listener, socket string, err error) {
	path, unix := strings.CutPrefix(address, "unix:")
	if unix {
		path = strings.TrimPrefix(path, "//")
		// The data directory's lock says that nobody else serves this store: a socket there was left by a killed process.
		if err := removeSocket(path); err != nil {
			return nil, "", err
		}
		l, err = listenPrivately(path)
		return l, path, err
	}
	at, err := netip.ParseAddrPort(strings.Replace(address, "localhost:", "127.0.0.1:", 1))
	if err != nil {
		return nil, "", fmt.Errorf("want a loopback host:port or unix:/path: %w", err)
	}
	if !at.Addr().IsLoopback() {
		return nil, "", errors.New("not a loopback address, and this port asks nobody who they are")
	}
	l, err = net.Listen("tcp", at.String())
	return l, "", err
}

// listenPrivately makes the socket where only this user can reach it and moves it to its place once its mode is set:
// between listening and chmod anybody could connect.
func listenPrivately(path string) (net.Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".sock")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	temporary := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temporary, Net: "unix"})
	if err != nil {
		return nil, err
	}
	// Go would remove the name it listened under; listener.close removes the one the socket has now.
	l.SetUnlinkOnClose(false)
	err = os.Chmod(temporary, 0o600)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func removeSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return errors.New("the file exists and is no socket")
	}
	return os.Remove(path)
}

// close cuts clients off: a graceful stop would wait for their watches.
func (l *listener) close() {
	l.server.Stop()
	<-l.done
	if l.socket != "" {
		// Already gone is as good; a file left behind is removed by the next start.
		_ = os.Remove(l.socket)
	}
}

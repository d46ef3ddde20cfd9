package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
)

// The channels of a forwarded port, each of which begins with the port's number.
const (
	dataChannel  = 0
	faultChannel = 1
)

// PortForward connects to a port of a pod. The caller closes the connection, which ends with the context too. It needs a server that
// has connections.
func (b Bound[T, L]) PortForward(ctx context.Context, name string, port uint16) (io.ReadWriteCloser, error) {
	return b.scope.portForward(ctx, name, port)
}

// Forward connects whoever comes to a listener to a port of a pod, until the context ends. What goes wrong with one connection is told to
// failed, which may be nil, and ends that connection alone.
func (b Bound[T, L]) Forward(ctx context.Context, name string, port uint16, listener net.Listener, failed func(error)) error {
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		in, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		connections.Go(func() {
			if err := b.scope.join(ctx, in, name, port); err != nil && failed != nil {
				failed(err)
			}
		})
	}
}

// join connects a connection to a port until one of the two ends.
func (s scope) join(ctx context.Context, in net.Conn, name string, port uint16) error {
	defer in.Close()
	out, err := s.portForward(ctx, name, port)
	if err != nil {
		return err
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	_, err = io.Copy(in, out)
	if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
		return nil
	}
	return err
}

// forwarded is one connection to a port.
type forwarded struct {
	channels *channels
	// rest is what of the last message has not been read.
	rest []byte
	// heads are the channels whose first message, the port's number, has come.
	heads [2]bool
}

func (s scope) portForward(ctx context.Context, name string, port uint16) (*forwarded, error) {
	path, err := s.path(name, "portforward")
	if err != nil {
		return nil, err
	}
	query := url.Values{"ports": {strconv.Itoa(int(port))}}
	c, err := s.client.connect(ctx, path, query, protocolV4)
	if err != nil {
		return nil, err
	}
	return &forwarded{channels: c}, nil
}

// Read is io.Reader. What the server reports instead of data is the error.
func (f *forwarded) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		channel, data, err := f.channels.next()
		if err != nil {
			return 0, err
		}
		if channel > faultChannel {
			continue
		}
		if !f.heads[channel] {
			f.heads[channel] = true
			if len(data) < 2 {
				return 0, fmt.Errorf("port forward: channel %d begins with %d bytes instead of the port", channel, len(data))
			}
			data = data[2:]
		}
		if channel == faultChannel && len(data) > 0 {
			return 0, fmt.Errorf("port forward: %s", data)
		}
		if channel == dataChannel {
			f.rest = data
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Write is io.Writer.
func (f *forwarded) Write(p []byte) (int, error) {
	if err := f.channels.send(dataChannel, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close is io.Closer.
func (f *forwarded) Close() error {
	f.channels.close()
	return nil
}

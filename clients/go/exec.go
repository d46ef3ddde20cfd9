package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The channels of exec and attach.
const (
	stdinChannel  = 0
	stdoutChannel = 1
	stderrChannel = 2
	errorChannel  = 3
	resizeChannel = 4
	closeChannel  = 255
)

const (
	protocolV5 = "v5.channel.k8s.io" // channels can be closed
	protocolV4 = "v4.channel.k8s.io"
)

// ExecOptions say what to run in a container, or (without a command) what to attach to. Streams that are nil are not opened.
type ExecOptions struct {
	// Container may be left out where there is one.
	Container string
	Command   []string
	Stdin     io.Reader
	Stdout    io.Writer
	Stderr    io.Writer
	// TTY gives the command a terminal, whose output comes as Stdout alone.
	TTY bool
	// Resize are the sizes of the terminal, as they change.
	Resize <-chan TerminalSize
}

// TerminalSize is in columns and rows.
type TerminalSize struct{ Width, Height uint16 }

// ExitError is the end of a command that did not exit with 0.
type ExitError struct {
	Code    int
	Message string
}

func (e *ExitError) Error() string { return e.Message }

// Exec runs a command in a container of a pod and returns when it has ended: nil, an *ExitError, or what went wrong. It needs a
// server that has connections.
func (b Bound[T, L]) Exec(ctx context.Context, name string, o ExecOptions) error {
	return b.scope.session(ctx, name, "exec", o)
}

// Attach connects to what runs in a container already.
func (b Bound[T, L]) Attach(ctx context.Context, name string, o ExecOptions) error {
	return b.scope.session(ctx, name, "attach", o)
}

func (o ExecOptions) query() url.Values {
	q := url.Values{
		"stdin": {strconv.FormatBool(o.Stdin != nil)}, "stdout": {strconv.FormatBool(o.Stdout != nil)},
		"stderr": {strconv.FormatBool(o.Stderr != nil && !o.TTY)}, "tty": {strconv.FormatBool(o.TTY)},
	}
	if o.Container != "" {
		q.Set("container", o.Container)
	}
	for _, word := range o.Command {
		q.Add("command", word)
	}
	return q
}

func (s scope) session(ctx context.Context, name, how string, o ExecOptions) error {
	path, err := s.path(name, how)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := s.client.connect(ctx, path, o.query(), protocolV5, protocolV4)
	if err != nil {
		return err
	}
	defer c.close()
	if o.Stdin != nil {
		go sendInput(c, o.Stdin)
	}
	if o.Resize != nil {
		go sendSizes(ctx, c, o.Resize)
	}
	err = receive(c, o)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// sendInput sends what is read, and then that there is no more, which version 4 of the protocol has no word for.
func sendInput(c *channels, in io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := in.Read(buffer)
		if n > 0 && c.send(stdinChannel, buffer[:n]) != nil {
			return
		}
		if err != nil {
			if c.conn.Subprotocol() == protocolV5 {
				_ = c.send(closeChannel, []byte{stdinChannel})
			}
			return
		}
	}
}

func sendSizes(ctx context.Context, c *channels, sizes <-chan TerminalSize) {
	for {
		select {
		case <-ctx.Done():
			return
		case size, open := <-sizes:
			if !open {
				return
			}
			if b, err := json.Marshal(size); err != nil || c.send(resizeChannel, b) != nil {
				return
			}
		}
	}
}

// receive writes what comes until the command has ended.
func receive(c *channels, o ExecOptions) error {
	for {
		channel, data, err := c.next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the connection ended before the command did: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return err
		}
		var out io.Writer
		switch channel {
		case stdoutChannel:
			out = o.Stdout
		case stderrChannel:
			out = o.Stderr
		case errorChannel:
			return exitOf(data)
		}
		if out == nil {
			continue // a stream that nobody wants, or the end of one
		}
		if _, err := out.Write(data); err != nil {
			return err
		}
	}
}

// exitOf reads the Status with which a command ends.
func exitOf(data []byte) error {
	var status metav1.Status
	if err := json.Unmarshal(data, &status); err != nil {
		return fmt.Errorf("end of a command: %q: %w", data, err)
	}
	if status.Status == metav1.StatusSuccess {
		return nil
	}
	if status.Reason == "NonZeroExitCode" && status.Details != nil {
		for _, cause := range status.Details.Causes {
			if code, err := strconv.Atoi(cause.Message); cause.Type == "ExitCode" && err == nil {
				return &ExitError{code, status.Message}
			}
		}
	}
	return &apierrors.StatusError{ErrStatus: status}
}

func isUnauthorized(err error) bool { return err != nil && apierrors.IsUnauthorized(err) }

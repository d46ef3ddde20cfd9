package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// container is a peer that speaks the protocols of exec, attach and port-forward as a kubelet does.
type container struct {
	t         *testing.T
	protocols []string
	// talk is what it does once a connection is there.
	talk func(*websocket.Conn)
	// asked is the last request.
	asked string
}

func (c *container) serve(w http.ResponseWriter, r *http.Request) {
	c.asked = r.URL.RequestURI()
	upgrader := websocket.Upgrader{Subprotocols: c.protocols}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer conn.Close()
	c.talk(conn)
}

func (c *container) say(conn *websocket.Conn, channel byte, text string) {
	if err := conn.WriteMessage(websocket.BinaryMessage, append([]byte{channel}, text...)); err != nil {
		c.t.Error(err)
	}
}

// hear is the next message; false at the end.
func (c *container) hear(conn *websocket.Conn) (byte, string, bool) {
	_, message, err := conn.ReadMessage()
	if err != nil || len(message) == 0 {
		return 0, "", false
	}
	return message[0], string(message[1:]), true
}

const (
	success = `{"metadata":{},"status":"Success"}`
	exit3   = `{"metadata":{},"status":"Failure","message":"command terminated with exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}`
	noShell = `{"metadata":{},"status":"Failure","message":"no such file","reason":"InternalError","code":500}`
)

// TestExec runs commands in a container that answers by the fifth and by the fourth version of the protocol.
func TestExec(t *testing.T) {
	for _, version := range []string{protocolV5, protocolV4} {
		t.Run(version, func(t *testing.T) {
			c := &container{t: t, protocols: []string{version}}
			pods := things.In(peer(t, c.serve), "n")
			t.Run("input and output", func(t *testing.T) {
				c.talk = func(conn *websocket.Conn) {
					input := ""
					for {
						channel, text, ok := c.hear(conn)
						if !ok {
							t.Error("the input does not end")
							return
						}
						if channel == stdinChannel {
							input += text
						}
						// The fourth version has no end of the input: the command knows what it gets.
						if channel == closeChannel && text == "\x00" || version == protocolV4 && len(input) == 11 {
							break
						}
					}
					c.say(conn, stdoutChannel, strings.ToUpper(input))
					c.say(conn, stderrChannel, "warning")
					c.say(conn, stdoutChannel, "")
					c.say(conn, 77, "a channel of the future")
					c.say(conn, errorChannel, success)
				}
				var out, errs bytes.Buffer
				err := pods.Exec(t.Context(), "web", ExecOptions{Container: "c", Command: []string{"tr", "a-z", "A-Z"}, Stdin: strings.NewReader("hello world"), Stdout: &out, Stderr: &errs})
				if err != nil || out.String() != "HELLO WORLD" || errs.String() != "warning" {
					t.Errorf("%v: %q %q", err, &out, &errs)
				}
				if want := "/apis/example.com/v1/namespaces/n/things/web/exec?command=tr&command=a-z&command=A-Z&container=c&stderr=true&stdin=true&stdout=true&tty=false"; c.asked != want {
					t.Errorf("asked %s", c.asked)
				}
			})
			t.Run("exit code", func(t *testing.T) {
				c.talk = func(conn *websocket.Conn) { c.say(conn, errorChannel, exit3) }
				var exit *ExitError
				if err := pods.Exec(t.Context(), "web", ExecOptions{Command: []string{"false"}}); !errors.As(err, &exit) || exit.Code != 3 {
					t.Errorf("got %v", err)
				}
			})
			t.Run("cannot run", func(t *testing.T) {
				c.talk = func(conn *websocket.Conn) { c.say(conn, errorChannel, noShell) }
				if err := pods.Exec(t.Context(), "web", ExecOptions{Command: []string{"sh"}}); !apierrors.IsInternalError(err) {
					t.Errorf("got %v", err)
				}
			})
			t.Run("a connection that ends", func(t *testing.T) {
				c.talk = func(conn *websocket.Conn) {
					_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
				}
				if err := pods.Exec(t.Context(), "web", ExecOptions{Command: []string{"sh"}}); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("refused", func(t *testing.T) {
		pods := things.In(peer(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 405, "MethodNotAllowed") }), "n")
		if err := pods.Exec(t.Context(), "web", ExecOptions{}); !apierrors.IsMethodNotSupported(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no common protocol", func(t *testing.T) {
		c := &container{t: t, talk: func(*websocket.Conn) {}}
		if err := things.In(peer(t, c.serve), "n").Exec(t.Context(), "web", ExecOptions{}); err == nil || !strings.Contains(err.Error(), "speaks none of") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAttach: a terminal whose size changes, and a caller that has enough.
func TestAttach(t *testing.T) {
	c := &container{t: t, protocols: []string{protocolV5}}
	c.talk = func(conn *websocket.Conn) {
		channel, text, _ := c.hear(conn)
		c.say(conn, stdoutChannel, fmt.Sprint(channel, " ", text))
		c.hear(conn) // until the other side goes
	}
	pods := things.In(peer(t, c.serve), "n")
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	sizes := make(chan TerminalSize, 1)
	sizes <- TerminalSize{80, 24}
	seen := ""
	err := pods.Attach(ctx, "web", ExecOptions{TTY: true, Resize: sizes, Stderr: io.Discard, Stdout: writer(func(p []byte) {
		seen = string(p)
		cancel(enough)
	})})
	if !errors.Is(err, enough) || seen != `4 {"Width":80,"Height":24}` {
		t.Errorf("%v after %q", err, seen)
	}
	if want := "/apis/example.com/v1/namespaces/n/things/web/attach?stderr=false&stdin=false&stdout=true&tty=true"; c.asked != want {
		t.Errorf("asked %s", c.asked)
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// TestPortForward connects to a port that echoes.
func TestPortForward(t *testing.T) {
	c := &container{t: t, protocols: []string{protocolV4}}
	c.talk = func(conn *websocket.Conn) {
		c.say(conn, dataChannel, "\x90\x1f")
		c.say(conn, faultChannel, "\x90\x1f")
		for {
			channel, text, ok := c.hear(conn)
			if !ok {
				return
			}
			if text == "fail" {
				c.say(conn, faultChannel, "connection refused")
				continue
			}
			c.say(conn, channel, text)
		}
	}
	pods := things.In(peer(t, c.serve), "n")
	conn, err := pods.PortForward(t.Context(), "web", 8080)
	if err != nil {
		t.Fatal(err)
	}
	if c.asked != "/apis/example.com/v1/namespaces/n/things/web/portforward?ports=8080" {
		t.Errorf("asked %s", c.asked)
	}
	echo := func(in io.ReadWriter, text string) {
		t.Helper()
		got := make([]byte, len(text))
		if _, err := in.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(in, got); err != nil || string(got) != text {
			t.Errorf("%v: %q", err, got)
		}
	}
	echo(conn, "hello")
	echo(conn, strings.Repeat("large", 100_000))
	if _, err := conn.Write([]byte("fail")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var faults []error
	ended := make(chan error, 1)
	go func() {
		ended <- pods.Forward(ctx, "web", 8080, listener, func(err error) { faults = append(faults, err) })
	}()
	for range 3 {
		local, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		echo(local, "through a listener")
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-ended; err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", err, faults)
	}
}

// TestLogLines: lines with and without an end, and an answer that breaks off.
func TestLogLines(t *testing.T) {
	broken := false
	pods := things.In(peer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "one\n\ntwo")
		if broken {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		}
	}), "n")
	read := func() (lines []string, failure error) {
		for line, err := range pods.LogLines(t.Context(), "web", LogOptions{}) {
			if err != nil {
				return lines, err
			}
			lines = append(lines, line)
		}
		return lines, nil
	}
	if lines, err := read(); err != nil || !slices.Equal(lines, []string{"one", "", "two"}) {
		t.Errorf("%v: %q", err, lines)
	}
	broken = true
	if lines, err := read(); err == nil {
		t.Errorf("lines that break off are %q", lines)
	}
}

// TestExitOf: what a command ends with.
func TestExitOf(t *testing.T) {
	if err := exitOf([]byte("nonsense")); err == nil {
		t.Error("nonsense is a success")
	}
	if err := exitOf([]byte(`{"status":"Failure","reason":"NonZeroExitCode","message":"m","details":{"causes":[{"reason":"ExitCode","message":"many"}]}}`)); err == nil {
		t.Error("a code that is no number is a success")
	}
	b, err := json.Marshal(TerminalSize{1, 2})
	if err != nil || string(b) != `{"Width":1,"Height":2}` {
		t.Errorf("a size is %s, %v", b, err)
	}
}

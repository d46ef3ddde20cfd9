package golden

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A stream is an open watch. One goroutine owns the reading of the body; closing the request's context ends it.
type stream struct {
	events   chan event
	err      error  // why the stream ended; set before events is closed
	farewell string // what a WebSocket said when it closed; set before events is closed
	close    context.CancelFunc
}

// event is one as it came: JSON, or protobuf in a binary message.
type event struct {
	data   []byte
	binary bool
}

// upgrade are the headers that ask for a WebSocket. The key is that of the standard's example, so the answer is known.
var upgrade = map[string]string{
	"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

// openWatch sends the request and answers with the head alone: the body is read by later steps. The answer to a WebSocket
// that is refused is one like any other.
func (r *Runner) openWatch(req *Request, m *masker) (string, error) {
	if r.watches[req.Watch] != nil {
		return "", fmt.Errorf("watch %s is open already", req.Watch)
	}
	opened, split := http.StatusOK, (*stream).readLines
	if req.Socket {
		opened, split = http.StatusSwitchingProtocols, (*stream).readMessages
		asking := *req
		asking.Header = asking.Header.Clone()
		for name, value := range upgrade {
			if asking.Header[name] == nil {
				asking.Header.Set(name, value)
			}
		}
		req = &asking
	}
	ctx, cancel := context.WithCancel(context.Background())
	resp, err := r.send(ctx, req)
	if err != nil {
		cancel()
		return "", err
	}
	if resp.StatusCode != opened {
		defer cancel()
		answer, err := r.describe(req, resp, m)
		if !req.Socket {
			err = errors.Join(err, fmt.Errorf("watch %s did not open", req.Watch))
		}
		return answer, err
	}
	s := &stream{events: make(chan event, 1024), close: cancel}
	go func() {
		defer close(s.events)
		defer resp.Body.Close()
		split(s, ctx, bufio.NewReader(resp.Body))
	}()
	r.watches[req.Watch] = s
	return strings.TrimRight(describeHead(resp, m), "\n"), nil
}

// readLines reads a stream of lines.
func (s *stream) readLines(ctx context.Context, in *bufio.Reader) {
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 && !s.pass(ctx, event{data: line}) {
			return
		}
		if err != nil {
			if err != io.EOF {
				s.err = fmt.Errorf("read watch: %w", err)
			}
			return
		}
	}
}

// readMessages reads a WebSocket.
func (s *stream) readMessages(ctx context.Context, in *bufio.Reader) {
	for {
		message, kind, err := readMessage(in)
		switch {
		case err == io.EOF:
			s.farewell = "<cut off>"
			return
		case err != nil:
			s.err = fmt.Errorf("read WebSocket: %w", err)
			return
		case kind == closeFrame:
			s.farewell = farewell(message)
			return
		}
		if !s.pass(ctx, event{message, kind == binaryFrame}) {
			return
		}
	}
}

// pass gives an event to the steps that read it.
func (s *stream) pass(ctx context.Context, e event) bool {
	select {
	case s.events <- e:
		return true
	case <-ctx.Done():
		s.err = ctx.Err()
		return false
	}
}

// readEvents answers with the events themselves, one document each.
func (r *Runner) readEvents(ctx context.Context, req *Request, m *masker) (string, error) {
	want := req.Events
	s := r.watches[want.Watch]
	if s == nil {
		return "", fmt.Errorf("no open watch %s", want.Watch)
	}
	var shown []string
	for want.End || want.Until != "" || len(shown) < want.Count {
		select {
		case <-ctx.Done():
			return strings.Join(shown, "\n"), fmt.Errorf("watch %s: waited in vain after %d events", want.Watch, len(shown))
		case e, open := <-s.events:
			if !open {
				delete(r.watches, want.Watch)
				if !want.End {
					return strings.Join(shown, "\n"), fmt.Errorf("watch %s ended after %d events: %v", want.Watch, len(shown), s.err)
				}
				if s.farewell != "" {
					shown = append(shown, s.farewell)
				}
				return strings.Join(append(shown, "<end>"), "\n"), s.err
			}
			doc, kind, err := e.read()
			if err != nil {
				return strings.Join(shown, "\n"), fmt.Errorf("watch %s: %w", want.Watch, err)
			}
			// The last event read is the one that captures and assertions speak of.
			last := kind == want.Until || len(shown)+1 == want.Count
			if last {
				if err := r.keep(req, doc, nil); err != nil {
					return strings.Join(shown, "\n"), err
				}
			}
			if doc != nil {
				shown = append(shown, describeBody(req, doc, e.data, m))
			} else {
				shown = append(shown, describeEvent(e.data))
			}
			if last {
				return strings.Join(shown, "\n"), nil
			}
		}
	}
	return strings.Join(shown, "\n"), nil
}

// read takes an event apart, as far as that can be: what is in protobuf has no document.
func (e event) read() (doc *node, kind string, err error) {
	if e.binary {
		var w metav1.WatchEvent
		if err := w.Unmarshal(e.data); err != nil {
			return nil, "", fmt.Errorf("read protobuf: %w", err)
		}
		return nil, w.Type, nil
	}
	if doc, err = parseJSON(e.data); err != nil {
		return nil, "", err
	}
	kind, _ = doc.get("type").str()
	return doc, kind, nil
}

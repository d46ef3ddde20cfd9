package golden

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A stream is an open watch. One goroutine owns the reading of the body; closing the request's context ends it.
type stream struct {
	lines chan []byte
	err   error // why the stream ended; set before lines is closed
	close context.CancelFunc
}

// openWatch sends the request and answers with the head alone: the body is read by later steps.
func (r *Runner) openWatch(req *Request, m *masker) (string, error) {
	if r.watches[req.Watch] != nil {
		return "", fmt.Errorf("watch %s is open already", req.Watch)
	}
	ctx, cancel := context.WithCancel(context.Background())
	resp, err := r.send(ctx, req)
	if err != nil {
		cancel()
		return "", err
	}
	head := strings.TrimRight(describeHead(resp, m), "\n")
	if resp.StatusCode != http.StatusOK {
		defer cancel()
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return head + "\n\n" + m.text(string(body)), errors.Join(err, fmt.Errorf("watch %s did not open", req.Watch))
	}
	s := &stream{lines: make(chan []byte, 1024), close: cancel}
	go s.read(ctx, resp.Body)
	r.watches[req.Watch] = s
	return head, nil
}

func (s *stream) read(ctx context.Context, body io.ReadCloser) {
	defer close(s.lines)
	defer body.Close()
	in := bufio.NewReader(body)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			select {
			case s.lines <- line:
			case <-ctx.Done():
				s.err = ctx.Err()
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				s.err = fmt.Errorf("read watch: %w", err)
			}
			return
		}
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
		case line, open := <-s.lines:
			if !open {
				delete(r.watches, want.Watch)
				if !want.End {
					return strings.Join(shown, "\n"), fmt.Errorf("watch %s ended after %d events: %v", want.Watch, len(shown), s.err)
				}
				return strings.Join(append(shown, "<end>"), "\n"), s.err
			}
			doc, err := parseJSON(line)
			if err != nil {
				return strings.Join(shown, "\n"), fmt.Errorf("watch %s: %w", want.Watch, err)
			}
			kind, _ := doc.get("type").str()
			// The last event read is the one that captures and assertions speak of.
			last := kind == want.Until || len(shown)+1 == want.Count
			if last {
				if err := r.keep(req, doc, nil); err != nil {
					return strings.Join(shown, "\n"), err
				}
			}
			shown = append(shown, describeBody(req, doc, line, m))
			if last {
				return strings.Join(shown, "\n"), nil
			}
		}
	}
	return strings.Join(shown, "\n"), nil
}

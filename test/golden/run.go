package golden

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience bounds one step, so that a server that hangs fails the step instead of the whole run.
const patience = 30 * time.Second

// ErrNamespace means that the script could not start.
var ErrNamespace = errors.New("create the script's namespace")

// A Runner sends the steps of one script, in order, in a namespace made for it.
type Runner struct {
	base    string
	client  *http.Client
	vars    map[string]string
	watches map[string]*stream
	forget  func(ctx context.Context, revision int64) (url string, err error)
}

// NewRunner makes the namespace.
func NewRunner(ctx context.Context, at Target) (*Runner, error) {
	own := *at.Client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r := &Runner{
		base: strings.TrimSuffix(at.URL, "/"), client: &own, watches: map[string]*stream{}, forget: at.Compact,
		vars: map[string]string{"NS": "golden-" + strings.ToLower(rand.Text()[:10])},
	}
	if known, ok := own.Transport.(bearer); ok {
		r.vars["TOKEN64"] = base64.RawURLEncoding.EncodeToString([]byte(known.token))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := r.send(ctx, &Request{
		Method: http.MethodPost, Target: "/api/v1/namespaces", Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"$NS"}}`,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNamespace, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return nil, fmt.Errorf("%w: %s %s (%v)", ErrNamespace, resp.Status, body, err)
	}
	return r, nil
}

// Close ends the watches that the script left open.
func (r *Runner) Close() {
	for _, w := range r.watches {
		w.close()
	}
}

// Step runs one step and returns the answer as a script writes it. An error means that there was no answer, or that an
// assertion or a capture of the step failed.
func (r *Runner) Step(ctx context.Context, step *Step) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req := &step.Request
	m := &masker{namespace: r.vars["NS"], now: time.Now(), extra: req.Masks, extraText: req.MaskText}
	if req.Events != nil {
		return r.readEvents(ctx, req, m)
	}
	if req.Watch != "" {
		return r.openWatch(req, m)
	}
	if req.Compact != "" {
		return "<compacted>", r.compact(ctx, req.Compact)
	}
	for {
		answer, err := r.exchange(ctx, req, m)
		if err == nil || answer == "" || !req.Again {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(between):
		}
	}
}

// compact makes the server forget what was before the revision that a variable has.
func (r *Runner) compact(ctx context.Context, variable string) error {
	if r.forget == nil {
		return errors.New("the history of this server is out of reach")
	}
	text, err := expand(variable, r.vars, false)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	base, err := r.forget(ctx, revision)
	if base != "" {
		r.base = base
	}
	return err
}

// between is the pause before a request is sent again.
const between = 20 * time.Millisecond

// exchange sends the request once.
func (r *Runner) exchange(ctx context.Context, req *Request, m *masker) (string, error) {
	resp, err := r.send(ctx, req)
	if err != nil {
		return "", err
	}
	return r.describe(req, resp, m)
}

// describe reads an answer whole, and takes out of it what the step keeps.
func (r *Runner) describe(req *Request, resp *http.Response, m *masker) (string, error) {
	defer resp.Body.Close()
	body, err := readBody(resp)
	if err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	doc, err := decodeBody(req, resp.Header.Get("Content-Type"), body)
	if err != nil {
		return "", fmt.Errorf("answer %s: %w\n%s", resp.Status, err, body)
	}
	answer := describeHead(resp, m)
	kept := r.keep(req, doc, resp.Header)
	if text := describeBody(req, doc, body, m); text != "" {
		answer += "\n" + text
	}
	return strings.TrimRight(answer, "\n"), kept
}

// keep takes the captures out of a document and checks the assertions, both before masking.
func (r *Runner) keep(req *Request, doc *node, header http.Header) error {
	var failed []error
	value := func(path Path) (string, bool) {
		if doc == nil {
			return "", false
		}
		hits := path.find(doc)
		if len(hits) != 1 {
			return "", false
		}
		return hits[0].plain(), true
	}
	for _, assert := range req.Asserts {
		got, ok := value(assert.Path)
		want, err := expand(assert.Want, r.vars, false)
		if err != nil {
			return err
		}
		if !ok || !holds(got, assert.Op, want) {
			failed = append(failed, fmt.Errorf("assert %s %s %s: it is %q, compared with %q", assert.Path, assert.Op, assert.Want, got, want))
		}
	}
	for _, capture := range req.Captures {
		if capture.Header != "" {
			if r.vars[capture.Name] = header.Get(capture.Header); r.vars[capture.Name] == "" {
				failed = append(failed, fmt.Errorf("capture %s: no header %s", capture.Name, capture.Header))
			}
			continue
		}
		got, ok := value(capture.Path)
		if !ok {
			failed = append(failed, fmt.Errorf("capture %s: no single value at %s", capture.Name, capture.Path))
			continue
		}
		r.vars[capture.Name] = got
	}
	return errors.Join(failed...)
}

func holds(got, op, want string) bool {
	switch op {
	case "==":
		return got == want
	case "!=":
		return got != want
	case ">":
		a, errA := strconv.ParseUint(got, 10, 64)
		b, errB := strconv.ParseUint(want, 10, 64)
		return errA == nil && errB == nil && a > b
	}
	return false
}

func (r *Runner) send(ctx context.Context, req *Request) (*http.Response, error) {
	target, err := expand(req.Target, r.vars, false)
	if err != nil {
		return nil, err
	}
	body, err := expand(req.Body, r.vars, true)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(ctx, req.Method, r.base+target, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	out.Header.Set("User-Agent", "golden")
	for name, values := range req.Header {
		// A header without a value is one not to send: it also keeps the client from adding its token.
		out.Header[name] = []string{}
		for _, value := range values {
			value, err = expand(value, r.vars, false)
			if err != nil {
				return nil, err
			}
			if value != "" {
				out.Header.Add(name, value)
			}
		}
	}
	resp, err := r.client.Do(out)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	return resp, nil
}

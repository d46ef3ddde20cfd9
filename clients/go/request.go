package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	maxRetries = 10
	// maxResends is how often a GET is sent again whose connection broke.
	maxResends = 3
	// maxRetryAfter is the longest that a server can make a request wait.
	maxRetryAfter = time.Minute
)

// sleeper waits, or returns the context's error.
type sleeper func(context.Context, time.Duration) error

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// request is one request, which may be sent several times.
type request struct {
	method, path string
	query        url.Values
	contentType  string
	accept       string
	body         []byte
}

// do sends a request until it has an answer that is none of those to try again, and returns that with its body open. From 400 on
// it is an error.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	resends, renewed := 0, false
	for tries := 0; ; tries++ {
		resp, err := c.send(ctx, r)
		if err != nil {
			if r.method != http.MethodGet || resends >= maxResends || !broke(err) || ctx.Err() != nil {
				return nil, err
			}
			resends++
			if err := c.sleep(ctx, time.Duration(resends)*50*time.Millisecond); err != nil {
				return nil, err
			}
			continue
		}
		if resp.StatusCode < 400 {
			return resp, nil
		}
		after, again := retryAfter(resp)
		failure := errorOf(r, resp)
		switch {
		case resp.StatusCode == http.StatusUnauthorized && !renewed && c.credentials.renew():
			renewed = true
		case again && tries < maxRetries:
			if err := c.sleep(ctx, after); err != nil {
				return nil, errors.Join(failure, err)
			}
		default:
			return nil, failure
		}
	}
}

// read sends a request and reads the whole answer. A GET whose answer breaks off is sent again.
func (c *Client) read(ctx context.Context, r request) ([]byte, error) {
	for resends := 0; ; resends++ {
		resp, err := c.do(ctx, r)
		if err != nil {
			return nil, err
		}
		body, err := readAll(resp)
		if err == nil {
			return body, nil
		}
		if r.method != http.MethodGet || resends >= maxResends || ctx.Err() != nil {
			return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
		}
	}
}

func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	var b bytes.Buffer
	if resp.ContentLength > 0 {
		b.Grow(int(min(resp.ContentLength, 64<<20)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(resp.Body)
	return b.Bytes(), err
}

// send sends a request once.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.url(r), body)
	if err != nil {
		return nil, err
	}
	if err := c.headers(req); err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	return c.http.Do(req)
}

// headers adds who asks and with what program.
func (c *Client) headers(req *http.Request) error {
	req.Header.Set("User-Agent", c.userAgent)
	c.impersonate.set(req.Header)
	return c.credentials.set(req)
}

// url is the address of a request. Its path has escaped segments.
func (c *Client) url(r request) string {
	u := c.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	return u.String()
}

// broke says whether a connection ended before there was an answer. One that was never made is not tried again: the address
// is wrong, or nobody is there.
func broke(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isHTTP2Break(err)
}

// retryAfter says how long a server wants to be left alone before the same request.
func retryAfter(resp *http.Response) (time.Duration, bool) {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
		return 0, false
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0, false
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter), true
}

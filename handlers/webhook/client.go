package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// attemptTimeout bounds one attempt, so that a server that accepts connections and says nothing is noticed.
const attemptTimeout = 30 * time.Second

// largestAnswer is how much of an answer is read.
const largestAnswer = 10 << 20

// Backoff says how often and how fast a call is tried again.
type Backoff struct {
	// First is the pause after the first failure; each following one is half as long again.
	First time.Duration
	// Attempts is how many there are at most.
	Attempts int
}

// DefaultBackoff is that of reviews.
var DefaultBackoff = Backoff{First: 500 * time.Millisecond, Attempts: 5}

// Client calls one webhook. It is safe for concurrent use.
type Client struct {
	// Backoff is not changed after the first call.
	Backoff Backoff
	url     string
	http    *http.Client
	sign    func(*http.Request)
}

// Open reads a kubeconfig file. Its server is the whole URL that is called.
func Open(file string, log *slog.Logger) (*Client, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c, err := New(text, filepath.Dir(file), log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// New is Open for the content of such a file; dir is what its relative paths start from.
func New(text []byte, dir string, log *slog.Logger) (*Client, error) {
	cluster, user, err := parseKubeconfig(text, dir)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(cluster.Server); err != nil || u.Host == "" {
		return nil, fmt.Errorf("invalid configuration: server %q is not a URL", cluster.Server)
	}
	config, err := tlsConfig(cluster, user, log)
	if err != nil {
		return nil, err
	}
	sign, err := credentials(user, log)
	if err != nil {
		return nil, err
	}
	via, err := proxy(cluster)
	if err != nil {
		return nil, err
	}
	return &Client{Backoff: DefaultBackoff, url: cluster.Server, sign: sign, http: &http.Client{
		Timeout:   attemptTimeout,
		Transport: &http.Transport{Proxy: via, TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 25, IdleConnTimeout: 90 * time.Second},
		// What the webhook answers is believed; somebody it points to was not configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// KeepUntil frees the connections that nobody uses when life ends, instead of a while later. Calls after that still work.
func (c *Client) KeepUntil(life context.Context) {
	context.AfterFunc(life, c.http.CloseIdleConnections)
}

// StatusError is an answer that is not a success.
type StatusError struct {
	Code int
	// After is when the webhook wants to be asked again; 0 when it does not say.
	After time.Duration
	Body  string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the webhook answered %d %s: %s", e.Code, http.StatusText(e.Code), e.Body)
}

// Call posts body as JSON and reads the answer into answer, unless that is nil. What may pass by itself is tried again
// until ctx ends or the attempts are used up; the last failure is returned.
func (c *Client) Call(ctx context.Context, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding for a webhook: %w", err)
	}
	pause := c.Backoff.First
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, b, answer)
		if err == nil || !passing(err) || attempt >= c.Backoff.Attempts {
			return err
		}
		wait := pause + time.Duration(rand.Int64N(int64(pause)/5+1))
		var status *StatusError
		if errors.As(err, &status) && status.After > wait {
			wait = status.After
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		pause += pause / 2
	}
}

func (c *Client) once(ctx context.Context, body []byte, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, */*")
	c.sign(r)
	response, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		e := &StatusError{Code: response.StatusCode, Body: strings.TrimSpace(string(b[:min(len(b), 1024)]))}
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			e.After = time.Duration(seconds) * time.Second
		}
		return e
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return fmt.Errorf("reading a webhook's answer: %w", err)
	}
	return nil
}

// passing says whether a failure may be gone at the next attempt.
func passing(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.After > 0 || status.Code == http.StatusInternalServerError || status.Code == http.StatusTooManyRequests || status.Code == http.StatusGatewayTimeout
	}
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

func trimmed(b []byte) string { return strings.TrimSpace(string(b)) }

// SetTimeout bounds one attempt, in place of half a minute. It is called before the first call.
func (c *Client) SetTimeout(d time.Duration) { c.http.Timeout = d }

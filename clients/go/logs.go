package kube

import (
	"bufio"
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// LogOptions say what of a container's output is read.
type LogOptions struct {
	// Container may be left out where there is one.
	Container string
	// Follow goes on as long as the container runs.
	Follow bool
	// Previous is the container before the last restart.
	Previous   bool
	Timestamps bool
	// Since is how far to go back; SinceTime is when to begin.
	Since     time.Duration
	SinceTime time.Time
	// Tail is the number of lines to begin with, all when nil.
	Tail       *int64
	LimitBytes int64
	// Stream is All, Stdout or Stderr.
	Stream string
}

func (o LogOptions) query() url.Values {
	q := url.Values{}
	set := func(name, value string, is bool) {
		if is {
			q.Set(name, value)
		}
	}
	set("container", o.Container, o.Container != "")
	set("follow", "true", o.Follow)
	set("previous", "true", o.Previous)
	set("timestamps", "true", o.Timestamps)
	set("sinceSeconds", strconv.FormatInt(int64((o.Since+time.Second-1)/time.Second), 10), o.Since > 0)
	set("sinceTime", o.SinceTime.UTC().Format(time.RFC3339), !o.SinceTime.IsZero())
	if o.Tail != nil {
		q.Set("tailLines", strconv.FormatInt(*o.Tail, 10))
	}
	set("limitBytes", strconv.FormatInt(o.LimitBytes, 10), o.LimitBytes > 0)
	set("stream", o.Stream, o.Stream != "")
	return q
}

// Logs reads what a container of a pod has printed. The caller closes it.
func (b Bound[T, L]) Logs(ctx context.Context, name string, o LogOptions) (io.ReadCloser, error) {
	return b.scope.logs(ctx, name, o)
}

// LogLines are the lines that a container has printed, without their ends.
func (b Bound[T, L]) LogLines(ctx context.Context, name string, o LogOptions) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in, err := b.scope.logs(ctx, name, o)
		if err != nil {
			yield("", err)
			return
		}
		defer in.Close()
		for lines := bufio.NewReader(in); ; {
			line, err := lines.ReadString('\n')
			if line != "" && !yield(strings.TrimSuffix(line, "\n"), nil) {
				return
			}
			if err != nil {
				if err != io.EOF && ctx.Err() == nil {
					yield("", err)
				}
				return
			}
		}
	}
}

func (s scope) logs(ctx context.Context, name string, o LogOptions) (io.ReadCloser, error) {
	path, err := s.path(name, "log")
	if err != nil {
		return nil, err
	}
	resp, err := s.client.do(ctx, request{method: http.MethodGet, path: path, query: o.query(), accept: "*/*"})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// waits makes a client note how long it would wait instead of waiting.
func waits(c *Client) *[]time.Duration {
	var list []time.Duration
	c.sleep = func(ctx context.Context, d time.Duration) error {
		list = append(list, d)
		return ctx.Err()
	}
	return &list
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name, after string
		code, bad   int
		wantWaits   []time.Duration
		wantCode    int
	}{
		{"too many requests", "2", 429, 2, []time.Duration{2 * time.Second, 2 * time.Second}, 0},
		{"unavailable", "1", 503, 1, []time.Duration{time.Second}, 0},
		{"at once", "0", 500, 1, []time.Duration{0}, 0},
		{"for very long", "86400", 503, 1, []time.Duration{time.Minute}, 0},
		{"without a time", "", 503, 1, nil, 503},
		{"a date", "Mon, 02 Jan 2006 15:04:05 GMT", 503, 1, nil, 503},
		{"conflict", "1", 409, 1, nil, 409},
		{"for ever", "1", 429, 100, slices.Repeat([]time.Duration{time.Second}, maxRetries), 429},
	} {
		t.Run(c.name, func(t *testing.T) {
			requests := 0
			client := peer(t, func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), `"kind":"Thing"`) {
					t.Errorf("the body is %q, %v", body, err)
				}
				if requests++; requests <= c.bad {
					if c.after != "" {
						w.Header().Set("Retry-After", c.after)
					}
					refuse(w, c.code, "Whatever")
					return
				}
				answer(w, thing("x", "1"))
			})
			waited := waits(client)
			object := things.object(thing("x", ""))
			_, err := things.In(client, "n").Create(t.Context(), object)
			var status apierrors.APIStatus
			if errors.As(err, &status) && int(status.Status().Code) != c.wantCode || (err == nil) != (c.wantCode == 0) {
				t.Errorf("got %v, want %d", err, c.wantCode)
			}
			if !slices.Equal(*waited, c.wantWaits) {
				t.Errorf("it waited %v, want %v", *waited, c.wantWaits)
			}
		})
	}
}

// TestBrokenConnections: a read is sent again, a write is not, because it may have happened.
func TestBrokenConnections(t *testing.T) {
	for _, c := range []struct {
		name     string
		broken   int
		write    bool
		wantSent int
		wantErr  bool
	}{
		{"a read", 1, false, 2, false},
		{"a read that never works", 100, false, 1 + maxResends, true},
		{"a write", 1, true, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := 0
			client := peer(t, func(w http.ResponseWriter, r *http.Request) {
				if sent++; sent <= c.broken {
					panic(http.ErrAbortHandler)
				}
				answer(w, thing("x", "1"))
			})
			waits(client)
			var err error
			if c.write {
				_, err = things.In(client, "n").Create(t.Context(), things.object(thing("x", "")))
			} else {
				_, err = things.In(client, "n").Get(t.Context(), "x")
			}
			if (err != nil) != c.wantErr || sent != c.wantSent {
				t.Errorf("sent %d times, %v", sent, err)
			}
		})
	}
	t.Run("an answer that breaks off", func(t *testing.T) {
		sent := 0
		client := peer(t, func(w http.ResponseWriter, r *http.Request) {
			if sent++; sent == 1 {
				w.Header().Set("Content-Length", "1000")
				_, _ = w.Write([]byte(`{"kind":`))
				return
			}
			answer(w, thing("x", "1"))
		})
		if got, err := things.In(client, "n").Get(t.Context(), "x"); err != nil || got.GetName() != "x" || sent != 2 {
			t.Errorf("sent %d times: %v, %v", sent, got, err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		client, err := New(Config{Host: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		waited := waits(client)
		if _, err := things.In(client, "n").Get(t.Context(), "x"); err == nil || len(*waited) > 0 {
			t.Errorf("got %v after %d waits", err, len(*waited))
		}
	})
}

// TestOtherAnswers: what is no Status is an error all the same.
func TestOtherAnswers(t *testing.T) {
	client := peer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "the proxy has lost its way", http.StatusNotFound)
	})
	_, err := things.In(client, "n").Get(t.Context(), "x")
	if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "lost its way") && !strings.Contains(err.Error(), "not find") {
		t.Errorf("got %v", err)
	}
	client = peer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("<html>"))
	})
	if _, err := things.In(client, "n").Get(t.Context(), "x"); err == nil {
		t.Error("HTML is taken for an object")
	}
}

// TestRequests: what is sent.
func TestRequests(t *testing.T) {
	var got string
	client := peer(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = r.Method + " " + r.URL.RequestURI()
		if len(body) > 0 {
			got += " " + r.Header.Get("Content-Type") + " " + string(body)
		}
		answer(w, thing("x", "1"))
	})
	client.fieldManager = "me"
	in, on := things.In(client, "n"), things.On(client)
	x := func() *object { return things.object(thing("x", "")) }
	for _, c := range []struct {
		name string
		call func(context.Context) error
		want string
	}{
		{"get", func(ctx context.Context) error { _, err := in.Get(ctx, "a/b"); return err }, "GET /apis/example.com/v1/namespaces/n/things/a%2Fb"},
		{"create by the object's namespace", func(ctx context.Context) error { _, err := on.Create(ctx, x()); return err }, "POST /apis/example.com/v1/namespaces/n/things?fieldManager=me application/json {\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"x\",\"namespace\":\"n\",\"resourceVersion\":\"\",\"uid\":\"u-x\"}}"},
		{"kind is filled in", func(ctx context.Context) error {
			_, err := in.Replace(ctx, things.object(map[string]any{"metadata": map[string]any{"name": "x"}}), FieldManager("you"), DryRun())
			return err
		}, `PUT /apis/example.com/v1/namespaces/n/things/x?dryRun=All&fieldManager=you application/json {"kind":"Thing","apiVersion":"example.com/v1","metadata":{"name":"x"}}`},
		{"merge", func(ctx context.Context) error { _, err := in.Patch(ctx, "x", Merge(`{"a":1}`)); return err }, `PATCH /apis/example.com/v1/namespaces/n/things/x?fieldManager=me application/merge-patch+json {"a":1}`},
		{"strategic", func(ctx context.Context) error {
			_, err := in.Patch(ctx, "x", Strategic([]byte(`{}`)), FieldValidation("Strict"))
			return err
		}, `PATCH /apis/example.com/v1/namespaces/n/things/x?fieldManager=me&fieldValidation=Strict application/strategic-merge-patch+json {}`},
		{"json", func(ctx context.Context) error {
			_, err := in.PatchStatus(ctx, "x", JSON([]string{}))
			return err
		}, `PATCH /apis/example.com/v1/namespaces/n/things/x/status?fieldManager=me application/json-patch+json []`},
		{"apply yaml", func(ctx context.Context) error {
			_, err := in.Apply(ctx, "metadata: {name: x}\nspec: {a: 1}\n", Force())
			return err
		}, `PATCH /apis/example.com/v1/namespaces/n/things/x?fieldManager=me&force=true application/apply-patch+yaml {"kind":"Thing","apiVersion":"example.com/v1","metadata":{"name":"x"},"spec":{"a":1}}`},
		{"delete", func(ctx context.Context) error {
			return in.Delete(ctx, "x", GracePeriod(0), Propagation("Orphan"), UID("u"), IfVersion("7"), DryRun())
		}, `DELETE /apis/example.com/v1/namespaces/n/things/x application/json {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"u","resourceVersion":"7"},"propagationPolicy":"Orphan","dryRun":["All"]}`},
		{"delete collection", func(ctx context.Context) error { return on.DeleteCollection(ctx, Labels("a=b"), Fields("c=d")) }, `DELETE /apis/example.com/v1/things?fieldSelector=c%3Dd&labelSelector=a%3Db application/json {"kind":"DeleteOptions","apiVersion":"v1"}`},
		{"scale", func(ctx context.Context) error { _, err := in.Scale(ctx, "x", 0); return err }, `PATCH /apis/example.com/v1/namespaces/n/things/x/scale?fieldManager=me application/merge-patch+json {"spec":{"replicas":0}}`},
		{"evict", func(ctx context.Context) error { return in.Evict(ctx, "x", GracePeriod(5), UID("u")) }, `POST /apis/example.com/v1/namespaces/n/things/x/eviction?fieldManager=me application/json {"apiVersion":"policy/v1","deleteOptions":{"gracePeriodSeconds":5,"preconditions":{"uid":"u"}},"kind":"Eviction","metadata":{"name":"x","namespace":"n"}}`},
		{"token", func(ctx context.Context) error {
			_, err := in.Token(ctx, "x", []string{"a"}, time.Hour)
			return err
		}, `POST /apis/example.com/v1/namespaces/n/things/x/token?fieldManager=me application/json {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":{"name":"x","namespace":"n"},"spec":{"audiences":["a"],"expirationSeconds":3600}}`},
		{"sub", func(ctx context.Context) error { _, err := Sub[Scale](ctx, in, "x", "size"); return err }, `GET /apis/example.com/v1/namespaces/n/things/x/size`},
		{"create sub", func(ctx context.Context) error {
			_, err := CreateSub(ctx, in, "x", "size", &map[string]any{"a": 1})
			return err
		}, `POST /apis/example.com/v1/namespaces/n/things/x/size?fieldManager=me application/json {"kind":"Size","apiVersion":"example.com/v1","a":1}`},
		{"logs", func(ctx context.Context) error {
			tail := int64(5)
			in, err := in.Logs(ctx, "x", LogOptions{Container: "c", Follow: true, Previous: true, Timestamps: true, Since: 1500 * time.Millisecond, Tail: &tail, LimitBytes: 9})
			if err == nil {
				err = in.Close()
			}
			return err
		}, `GET /apis/example.com/v1/namespaces/n/things/x/log?container=c&follow=true&limitBytes=9&previous=true&sinceSeconds=2&tailLines=5&timestamps=true`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got = ""
			if err := c.call(t.Context()); err != nil || got != c.want {
				t.Errorf("%v\nsent %q\nwant %q", err, got, c.want)
			}
		})
	}
	for name, call := range map[string]func() error{
		"no namespace":       func() error { _, err := on.Get(t.Context(), "x"); return err },
		"no name":            func() error { _, err := in.Get(t.Context(), ""); return err },
		"no such sub":        func() error { _, err := ReplaceSub(t.Context(), in, "x", "depth", &Scale{}); return err },
		"an apply of a list": func() error { _, err := in.Apply(t.Context(), "[]"); return err },
	} {
		got = ""
		if err := call(); err == nil || got != "" {
			t.Errorf("%s: %v, sent %q", name, err, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, host := range []string{"", "127.0.0.1:6443", "ftp://x", "https://", "http://a b"} {
		if _, err := New(Config{Host: host}); err == nil {
			t.Errorf("%q is an address", host)
		}
	}
	if _, err := New(Config{Host: "https://x", TLS: TLS{CA: []byte("nothing")}}); err == nil {
		t.Error("nothing is an authority")
	}
	if _, err := New(Config{Host: "https://x", TLS: TLS{Cert: []byte("nothing")}}); err == nil {
		t.Error("nothing is a certificate")
	}
	c, err := New(Config{Host: "https://x/clusters/a"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.url(request{path: "/api/v1/pods"}); got != "https://x/clusters/a/api/v1/pods" {
		t.Errorf("the address is %s", got)
	}
}

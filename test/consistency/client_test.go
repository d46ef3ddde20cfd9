package consistency

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// patience bounds waits for what must come, so that a server that hangs fails its test. It is no promise of the server's.
const patience = time.Minute

// endpoint is a server as it can be reached now. A restarted one has another address and another process number.
type endpoint struct {
	url     string
	client  *http.Client
	process int
}

// api is one client. It is used by one goroutine.
type api struct {
	id        int
	namespace string
	// server is asked before each request where to go.
	server func() endpoint
	h      *history
}

type object struct {
	Metadata struct {
		Name            string            `json:"name,omitempty"`
		ResourceVersion string            `json:"resourceVersion,omitempty"`
		UID             string            `json:"uid,omitempty"`
		Labels          map[string]string `json:"labels,omitempty"`
		Annotations     map[string]string `json:"annotations,omitempty"`
		Continue        string            `json:"continue,omitempty"`
	} `json:"metadata"`
	Data  map[string]string `json:"data,omitempty"`
	Items []object          `json:"items,omitempty"`
	// Of a Status.
	Code    int    `json:"code,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Details struct {
		UID string `json:"uid"`
	} `json:"details,omitzero"`
}

func (o object) version() (version, error) {
	revision, err := strconv.ParseInt(o.Metadata.ResourceVersion, 10, 64)
	return version{o.Data["v"], revision, o.Metadata.UID}, err
}

// answered is how a request ended: a code and a body, or nothing at all.
type answered struct {
	code int
	body object
}

// clear says whether the answer tells what happened.
func (a answered) clear() bool { return a.code != 0 && a.code < 500 }

func (a *api) path() string { return "/api/v1/namespaces/" + a.namespace + "/configmaps" }

// do sends a request. A broken connection makes an answer without a code.
func (a *api) do(ctx context.Context, method, path string, body any) (answered, endpoint) {
	at := a.server()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			a.h.fault(err.Error())
			return answered{}, at
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, at.url+path, bytes.NewReader(content))
	if err != nil {
		a.h.fault(err.Error())
		return answered{}, at
	}
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := at.client.Do(r)
	if err != nil {
		return answered{}, at
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return answered{}, at
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		a.h.fault(fmt.Sprintf("%s %s: %d %q: %v", method, path, answer.StatusCode, b, err))
		return answered{}, at
	}
	return answered{answer.StatusCode, o}, at
}

// labelled is the body that stores a value, at a revision that was seen or at none.
func labelled(name, value string, revision int64) map[string]any {
	metadata := map[string]any{"labels": map[string]string{"on": strconv.FormatBool(on(value))}}
	if name != "" {
		metadata["name"] = name
	}
	if revision > 0 {
		metadata["resourceVersion"] = strconv.FormatInt(revision, 10)
	}
	return map[string]any{"metadata": metadata, "data": map[string]string{"v": value}}
}

// run sends the operation and records it with its answer.
func (a *api) run(ctx context.Context, o operation) operation {
	o.client, o.call = a.id, a.h.now()
	one := a.path() + "/" + o.key
	var out answered
	switch o.kind {
	case create:
		out, _ = a.do(ctx, http.MethodPost, a.path(), labelled(o.key, o.value, 0))
	case put:
		out, _ = a.do(ctx, http.MethodPut, one, labelled(o.key, o.value, o.seen.revision))
	case patch:
		out, _ = a.do(ctx, http.MethodPatch, one, labelled("", o.value, 0))
	case patchSeen:
		out, _ = a.do(ctx, http.MethodPatch, one, labelled("", o.value, o.seen.revision))
	case remove:
		out, _ = a.do(ctx, http.MethodDelete, one, nil)
	case removeSeen:
		preconditions := map[string]string{"resourceVersion": strconv.FormatInt(o.seen.revision, 10), "uid": o.seen.uid}
		out, _ = a.do(ctx, http.MethodDelete, one, map[string]any{"preconditions": preconditions})
	case get:
		out, _ = a.do(ctx, http.MethodGet, one, nil)
	}
	o.answer = a.h.now()
	if err := o.take(out); err != nil {
		a.h.fault(fmt.Sprintf("%s: %s: %v", o.key, o.kind, err))
	}
	a.h.add(o)
	return o
}

// take reads what the client was told.
func (o *operation) take(a answered) (err error) {
	o.outcome = unknown
	switch {
	case !a.clear():
	case a.code == http.StatusOK || a.code == http.StatusCreated:
		if o.kind == remove || o.kind == removeSeen {
			o.got = version{uid: a.body.Details.UID}
			if o.outcome = done; o.got.uid == "" {
				err = fmt.Errorf("the answer names no uid: %+v", a.body)
			}
			break
		}
		if o.got, err = a.body.version(); err == nil {
			o.outcome = done
		}
		if o.kind != get && o.got.value != o.value {
			err = fmt.Errorf("the answer to a write of %q has %q", o.value, o.got.value)
		}
		if label := a.body.Metadata.Labels["on"]; label != strconv.FormatBool(on(o.got.value)) {
			err = fmt.Errorf("%q is labelled on=%s", o.got.value, label)
		}
	case a.code == http.StatusNotFound && o.kind != create:
		o.outcome = absent
	case a.code == http.StatusConflict && a.body.Reason == "AlreadyExists":
		o.outcome = exists
	case a.code == http.StatusConflict && a.body.Reason == "Conflict":
		o.outcome = conflict
	case a.code == http.StatusTooManyRequests:
	default:
		err = fmt.Errorf("answer %d %s %s", a.code, a.body.Reason, a.body.Message)
	}
	return err
}

// list lists in one of the forms. It returns false when there was no answer.
func (a *api) list(ctx context.Context, f form, asked int64) bool {
	query := url.Values{}
	switch f {
	case anyVersion:
		query.Set("resourceVersion", "0")
	case notOlder:
		query.Set("resourceVersion", strconv.FormatInt(asked, 10))
	case exact:
		query.Set("resourceVersion", strconv.FormatInt(asked, 10))
		query.Set("resourceVersionMatch", "Exact")
	case pages:
		query.Set("limit", "2")
	}
	l := listing{client: a.id, form: f, asked: asked, call: a.h.now(), items: map[string]version{}}
	for {
		out, at := a.do(ctx, http.MethodGet, a.path()+"?"+query.Encode(), nil)
		if !out.clear() || out.code == http.StatusTooManyRequests {
			return false
		}
		revision, err := strconv.ParseInt(out.body.Metadata.ResourceVersion, 10, 64)
		if l.revision > 0 && l.revision != revision {
			err = errors.Join(err, fmt.Errorf("pages of revisions %d and %d", l.revision, revision))
		}
		l.revision, l.process = revision, at.process
		for _, item := range out.body.Items {
			v, malformed := item.version()
			if _, twice := l.items[item.Metadata.Name]; twice || malformed != nil {
				err = errors.Join(err, fmt.Errorf("%s: twice: %v %w", item.Metadata.Name, twice, malformed))
			}
			l.items[item.Metadata.Name] = v
		}
		if out.code != http.StatusOK || err != nil {
			a.h.fault(fmt.Sprintf("list (%s %d): %d %s: %v", f, asked, out.code, out.body.Message, err))
			return false
		}
		if query = (url.Values{"limit": {"2"}, "continue": {out.body.Metadata.Continue}}); out.body.Metadata.Continue == "" {
			break
		}
	}
	l.answer = a.h.now()
	a.h.addListing(l)
	return true
}

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// script is what a server says to the requests of a watch, one after the other: a list, or the events of one connection.
type script struct {
	t     *testing.T
	mu    sync.Mutex
	steps []step
	asked []string
}

// requests are those so far.
func (s *script) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// next notes a request and says what to do about it; nil for nothing more.
func (s *script) next(request string) *step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, request)
	if len(s.steps) == 0 {
		return nil
	}
	now := s.steps[0]
	s.steps = s.steps[1:]
	return &now
}

type step struct {
	// code is a refusal.
	code   int
	reason string
	// list is the answer to a list: version, next page, items.
	list []string
	// events are lines.
	events []string
	// breaks says that the connection breaks off.
	breaks bool
}

func (s *script) serve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	request := strings.TrimSpace("list " + q.Get("continue"))
	if q.Get("watch") == "true" {
		request = "watch " + q.Get("resourceVersion")
		if q.Get("allowWatchBookmarks") != "true" {
			s.t.Error("it asks for no bookmarks")
		}
	}
	now := s.next(request)
	if now == nil {
		<-r.Context().Done() // nothing happens any more
		return
	}
	if now.code != 0 {
		refuse(w, now.code, now.reason)
		return
	}
	if now.list != nil {
		items := []any{}
		for _, i := range now.list[2:] {
			name, version, _ := strings.Cut(i, "@")
			items = append(items, thing(name, version))
		}
		answer(w, map[string]any{"kind": "ThingList", "apiVersion": "example.com/v1", "metadata": map[string]any{"resourceVersion": now.list[0], "continue": now.list[1]}, "items": items})
		return
	}
	for _, e := range now.events {
		_, _ = io.WriteString(w, e+"\n")
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		s.t.Error(err)
	}
	if now.breaks {
		panic(http.ErrAbortHandler)
	}
}

func event(kind, name, version string) string {
	b, err := json.Marshal(thing(name, version))
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"type":%q,"object":%s}`, kind, b)
}

const expiredEvent = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}}`

// TestWatch: what is asked of a server that ends, breaks and forgets, and what is told.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name      string
		opts      []Option
		steps     []step
		want      []string
		wantAsked []string
		wantErr   func(error) bool
	}{
		{
			name: "a list in two pages, then changes", steps: []step{
				{list: []string{"5", "more", "a@1"}}, {list: []string{"5", "", "b@2"}},
				{events: []string{event("MODIFIED", "a", "6"), event("DELETED", "b", "7"), event("ADDED", "c", "8")}},
			},
			want: []string{"ADDED a@1", "ADDED b@2", "MODIFIED a@6", "DELETED b@7", "ADDED c@8"}, wantAsked: []string{"list", "list more", "watch 5", "watch 8"},
		},
		{
			name: "connections that end, break and are refused", steps: []step{
				{list: []string{"5", ""}}, {events: []string{event("ADDED", "a", "6")}}, {breaks: true, events: []string{event("BOOKMARK", "", "9")}},
				{code: 503, reason: "ServiceUnavailable"}, {code: 429, reason: "TooManyRequests"}, {events: []string{event("ADDED", "b", "10"), `{"type":"ADDED","obj`}, breaks: true},
			},
			want: []string{"ADDED a@6", "ADDED b@10"}, wantAsked: []string{"list", "watch 5", "watch 6", "watch 9", "watch 9", "watch 9", "watch 10"},
		},
		{
			name: "forgotten: the difference is told", steps: []step{
				{list: []string{"5", "", "a@1", "b@2", "c@3", "d@4"}}, {events: []string{event("MODIFIED", "a", "6"), expiredEvent}},
				{list: []string{"20", "more", "a@6", "b@12"}}, {code: 410, reason: "Expired"}, {list: []string{"21", "", "a@6", "b@12", "d@4", "e@21"}}, {events: []string{event("DELETED", "d", "22")}},
			},
			want:      []string{"ADDED a@1", "ADDED b@2", "ADDED c@3", "ADDED d@4", "MODIFIED a@6", "MODIFIED b@12", "ADDED e@21", "DELETED c@3", "DELETED d@22"},
			wantAsked: []string{"list", "watch 5", "list", "list more", "list", "watch 21", "watch 22"},
		},
		{
			name: "forgotten with an answer", steps: []step{{list: []string{"5", "", "a@1"}}, {code: 410, reason: "Gone"}, {list: []string{"9", ""}}},
			want: []string{"ADDED a@1", "DELETED a@1"}, wantAsked: []string{"list", "watch 5", "list", "watch 9"},
		},
		{
			name: "from a version", opts: []Option{ResourceVersion("3"), Bookmarks()}, steps: []step{{events: []string{event("BOOKMARK", "", "4")}}, {events: []string{expiredEvent}}},
			want: []string{"BOOKMARK @4"}, wantAsked: []string{"watch 3", "watch 4"}, wantErr: apierrors.IsResourceExpired,
		},
		{name: "may not list", steps: []step{{code: 403, reason: "Forbidden"}}, wantAsked: []string{"list"}, wantErr: apierrors.IsForbidden},
		{name: "a first request that fails", steps: []step{{code: 500, reason: "InternalError"}}, wantAsked: []string{"list"}, wantErr: apierrors.IsInternalError},
		{
			name: "a right that is taken away", steps: []step{{list: []string{"5", ""}}, {events: []string{event("ADDED", "a", "6")}}, {code: 403, reason: "Forbidden"}},
			want: []string{"ADDED a@6"}, wantAsked: []string{"list", "watch 5", "watch 6"}, wantErr: apierrors.IsForbidden,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{t: t, steps: c.steps}
			client := peer(t, s.serve)
			waits(client)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var got []string
			var failure error
			ready := len(c.want) > 0
			for event, err := range things.In(client, "n").Watch(ctx, c.opts...) {
				if failure = err; err != nil {
					break
				}
				got = append(got, fmt.Sprintf("%s %s@%s", event.Type, event.Object.GetName(), event.Object.GetResourceVersion()))
				if ready && len(got) == len(c.want) && c.wantErr == nil {
					time.AfterFunc(100*time.Millisecond, cancel) // what is told now is too much
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told were %q, want %q", got, c.want)
			}
			if asked := s.requests(); !slices.Equal(asked, c.wantAsked) {
				t.Errorf("asked were %q, want %q", asked, c.wantAsked)
			}
			if (failure != nil) != (c.wantErr != nil) || failure != nil && !c.wantErr(failure) {
				t.Errorf("it failed with %v", failure)
			}
		})
	}
}

// TestWatchRecreated: an object that was deleted and made again while nobody watched is told as both.
func TestWatchRecreated(t *testing.T) {
	lists := 0
	client := peer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "true" {
			refuse(w, 410, "Expired")
			return
		}
		lists++
		x := thing("x", fmt.Sprint(lists))
		x["metadata"].(map[string]any)["uid"] = fmt.Sprint("u", lists)
		answer(w, map[string]any{"kind": "ThingList", "apiVersion": "example.com/v1", "metadata": map[string]any{"resourceVersion": "5"}, "items": []any{x}})
	})
	waits(client)
	var got []string
	for event, err := range things.In(client, "n").Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s", event.Type, event.Object.GetUID()))
		if len(got) == 3 {
			break
		}
	}
	if want := []string{"ADDED u1", "DELETED u1", "ADDED u2"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestWatchTimeout: the whole watch ends after its time, without an error.
func TestWatchTimeout(t *testing.T) {
	s := &script{t: t, steps: []step{{list: []string{"5", ""}}}}
	client := peer(t, s.serve)
	for event, err := range things.In(client, "n").Watch(t.Context(), Timeout(50*time.Millisecond)) {
		t.Fatalf("got %v %v", event, err)
	}
	if asked := s.requests(); !slices.Equal(asked, []string{"list", "watch 5"}) {
		t.Errorf("asked were %q", asked)
	}
}

// TestEvents: the lines of a watch, however they are written and however long they are.
func TestEvents(t *testing.T) {
	form := things.On(nil).form()
	long := strings.Replace(event("ADDED", "long", "1"), `"name"`, `"annotations":{"a":"`+strings.Repeat("x", 200_000)+`"},"name"`, 1)
	r := newEventReader(strings.NewReader(long + "\n\n" + `{ "object": {"kind":"Thing","apiVersion":"example.com/v1","metadata":{"name":"turned"}}, "type": "MODIFIED" }` + "\r\n" + event("DELETED", "last", "2")))
	for _, want := range []string{"ADDED long", "MODIFIED turned"} {
		kind, got, err := r.next(form)
		if err != nil || string(kind)+" "+meta(got).GetName() != want {
			t.Errorf("%v: %s %v, want %s", err, kind, got, want)
		}
	}
	if kind, _, err := r.next(form); err != io.ErrUnexpectedEOF || kind != "" { // a line without its end may be half a line
		t.Errorf("%s, %v", kind, err)
	}
	for line, want := range map[string]string{"nonsense": "event of a watch", `{"type":"ERROR","object":{"a":1}}`: "the watch failed", `{"type":"ADDED","object":[]}`: "event of a watch"} {
		if _, _, err := newEventReader(strings.NewReader(line + "\n")).next(form); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	if kind, _, err := newEventReader(strings.NewReader("")).next(form); kind != "" || err != nil {
		t.Errorf("%s, %v", kind, err)
	}
}

func TestReconnectGrows(t *testing.T) {
	for n := range 20 {
		got := reconnect(n)
		most := min(firstReconnect<<min(n, 10), lastReconnect)
		if got < most/2 || got > most {
			t.Errorf("the %dth waits %s, want %s at most", n, got, most)
		}
	}
}

// TestHandlerThatPanics: an informer reports it and goes on.
func TestHandlerThatPanics(t *testing.T) {
	s := &script{t: t, steps: []step{{list: []string{"5", "", "a@1", "b@2"}}}}
	client := peer(t, s.serve)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failed error
	informer := things.In(client, "n").Informer(Handlers[object]{
		Add: func(o *object, _ bool) {
			if o.GetName() == "a" {
				panic("cannot do this")
			}
			cancel()
		},
		Failed: func(err error) { failed = err },
	})
	if err := informer.Run(ctx); err != nil || failed == nil || !strings.Contains(failed.Error(), "cannot do this") {
		t.Errorf("%v, failed is %v", err, failed)
	}
	if informer.Len() != 2 {
		t.Errorf("%d are in the store", informer.Len())
	}
	if err := things.In(client, "n").Informer(Handlers[object]{}, ResourceVersion("1")).Run(t.Context()); err == nil {
		t.Error("an informer begins at a version")
	}
}

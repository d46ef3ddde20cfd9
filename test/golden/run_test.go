package golden

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

// fakeServer answers just enough for a script: a namespace, an object that echoes, a redirect, protobuf, a watch.
func fakeServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, code int, contentType, body string) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", usualCacheControl)
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
	mux.HandleFunc("POST /api/v1/namespaces", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			reply(w, http.StatusUnauthorized, "application/json", "{}")
			return
		}
		reply(w, http.StatusCreated, "application/json", "{}")
	})
	mux.HandleFunc("POST /echo/{ns}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Add("Warning", `299 - "for `+r.PathValue("ns")+`"`)
		reply(w, http.StatusOK, "application/json", string(body))
	})
	mux.HandleFunc("GET /binary", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"abc"`)
		reply(w, http.StatusOK, "application/octet-stream", "\xff\xfe")
	})
	mux.HandleFunc("GET /gzip/{really}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		if _, err := zip.Write([]byte(`{"a":1}`)); err != nil || zip.Close() != nil {
			t.Error(err)
		}
		if r.PathValue("really") == "no" {
			b.Reset()
			b.WriteString("{}{}{}{}{}{}{}{}")
		}
		reply(w, http.StatusOK, "application/json", b.String())
	})
	mux.HandleFunc("GET /whoami", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, "text/plain", "I am "+r.Header.Get("Authorization")+" with "+r.Header.Get("User-Agent"))
	})
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	})
	mux.HandleFunc("GET /protobuf", func(w http.ResponseWriter, _ *http.Request) {
		data, err := (&runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: "Thing"}}).Marshal()
		if err != nil {
			t.Error(err)
		}
		reply(w, http.StatusOK, runtime.ContentTypeProtobuf, "k8s\x00"+string(data))
	})
	mux.HandleFunc("GET /watch", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, "application/json", `{"type":"ADDED","object":{"resourceVersion":"5"}}`+"\n"+`{"type":"BOOKMARK"}`+"\n"+`{"type":"LAST"}`+"\n")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func parse(t *testing.T, text string) *Script {
	t.Helper()
	script, err := Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func token() *http.Client { return TokenClient(&http.Transport{}, "secret") }

const conversation = `=== echo
capture v = .resourceVersion
POST /echo/$NS

{"resourceVersion":"41","in":"$NS"}
----
200 OK
Content-Type: application/json
Warning: 299 - "for $NS"

{"resourceVersion": "<rv>", "in": "$NS"}

=== the captured value
assert .a == 41
assert .a != 42
assert .a > 5
show .a .b
POST /echo/x
Content-Type: application/json

{"a":"$v"}
----
200 OK
Content-Type: application/json
Warning: 299 - "for x"

.a = "41"
.b is absent

=== a redirect is not followed
GET /moved
----
301 Moved Permanently
Content-Type: text/html; charset=utf-8
Cache-Control: <absent>
Location: /elsewhere

<a href="/elsewhere">Moved Permanently</a>.

=== a header is captured
capture etag = header:Etag
GET /binary
----
200 OK
Content-Type: application/octet-stream
Etag: <etag>

<binary>

=== and used
GET /whoami
Authorization: $etag
----
200 OK
Content-Type: text/plain

I am "abc" with golden

=== compressed
GET /gzip/yes
Accept-Encoding: gzip
----
200 OK
Content-Type: application/json
Content-Encoding: gzip

{"a": 1}

=== with the token
GET /whoami
----
200 OK
Content-Type: text/plain

I am Bearer secret with golden

=== without one
GET /whoami
Authorization:
User-Agent: other
----
200 OK
Content-Type: text/plain

I am  with other

=== protobuf
GET /protobuf
----
200 OK
Content-Type: application/vnd.kubernetes.protobuf

<protobuf: v1 Thing>

=== open
watch w
GET /watch
----
200 OK
Content-Type: application/json

=== one event
events w 1
----
{"type": "ADDED", "object": {"resourceVersion": "<rv>"}}

=== up to one
events w until BOOKMARK
----
{"type": "BOOKMARK"}

=== to the end
events w end
----
{"type": "LAST"}
<end>
`

func TestReplay(t *testing.T) {
	Replay(t, Target{URL: fakeServer(t).URL, Client: token()}, parse(t, conversation))
}

func TestCheckRecords(t *testing.T) {
	server := fakeServer(t)
	script := parse(t, conversation)
	for _, step := range script.Steps {
		step.Reference = "wrong"
	}
	var out bytes.Buffer
	differing, err := Check(t.Context(), &out, Target{URL: server.URL, Client: token()}, script, Reference, false)
	if err != nil || differing != len(script.Steps) || !strings.Contains(out.String(), "- wrong") {
		t.Errorf("%d steps differ, want %d: %v\n%s", differing, len(script.Steps), err, out.String())
	}
	if _, err := Check(t.Context(), io.Discard, Target{URL: server.URL, Client: token()}, script, Reference, true); err != nil {
		t.Fatal(err)
	}
	if got := script.Format(); got != conversation {
		t.Errorf("recorded:\n%s", diff.Lines(conversation, got))
	}
}

func TestStepErrors(t *testing.T) {
	tests := []struct{ step, want string }{
		{"assert .a == 2\nPOST /echo/x\n\n{\"a\":1}", "assert .a == 2"},
		{"assert .a > 2\nPOST /echo/x\n\n{\"a\":1}", "assert .a > 2"},
		{"assert .a ~ 1\nPOST /echo/x\n\n{\"a\":1}", "assert .a ~ 1"},
		{"capture x = .b\nPOST /echo/x\n\n{\"a\":1}", "no single value"},
		{"capture x = header:X\nPOST /echo/x\n\n{}", "no header X"},
		{"GET /gzip/no", "not compressed as announced"},
		{"GET /echo/$nope", "unknown variable"},
		{"POST /echo/x\n\n{\"a\":", "read JSON"},
		{"events w 1", "no open watch"},
		{"watch w\nGET /nope", "did not open"},
	}
	server := fakeServer(t)
	for _, test := range tests {
		script := parse(t, "=== a\n"+test.step+"\n----\n")
		if _, err := Check(t.Context(), io.Discard, Target{URL: server.URL, Client: token()}, script, Reference, true); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q in it", test.step, err, test.want)
		}
	}
	short := parse(t, "=== a\nwatch w\nGET /watch\n----\n=== b\nevents w 9\n----\n")
	if _, err := Check(t.Context(), io.Discard, Target{URL: server.URL, Client: token()}, short, Reference, true); err == nil || !strings.Contains(err.Error(), "ended after 3 events") {
		t.Errorf("a watch that is too short: %v", err)
	}
}

func TestNoNamespace(t *testing.T) {
	_, err := NewRunner(t.Context(), Target{URL: fakeServer(t).URL, Client: TokenClient(&http.Transport{}, "wrong")})
	if !errors.Is(err, ErrNamespace) || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v", err)
	}
}

// A server that has forgotten may be found elsewhere.
func TestCompact(t *testing.T) {
	first, second := fakeServer(t), fakeServer(t)
	script := parse(t, "=== a\ncapture v = .resourceVersion\nPOST /echo/x\n\n{\"resourceVersion\":\"41\"}\n----\n200 OK\nContent-Type: application/json\nWarning: 299 - \"for x\"\n\n"+
		"{\"resourceVersion\": \"<rv>\"}\n\n=== b\ncompact $v\n----\n<compacted>\n\n=== c\nGET /binary\n----\n200 OK\nContent-Type: application/octet-stream\nEtag: <etag>\n\n<binary>\n")
	var forgot int64
	at := Target{URL: first.URL, Client: token(), Compact: func(_ context.Context, revision int64) (string, error) {
		forgot = revision
		first.Close()
		return second.URL, nil
	}}
	Replay(t, at, script)
	if forgot != 41 {
		t.Errorf("forgot %d, want 41", forgot)
	}
	for _, broken := range []Target{{URL: second.URL, Client: token()}, {URL: second.URL, Client: token(), Compact: func(context.Context, int64) (string, error) {
		return "", io.ErrUnexpectedEOF
	}}} {
		if _, err := Check(t.Context(), io.Discard, broken, script, Reference, true); err == nil {
			t.Error("a server that forgets nothing passes")
		}
	}
}

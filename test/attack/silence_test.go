package attack

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// checkTimeout holds an answer to upstream's Status for a request that takes too long.
func checkTimeout(a *Target, body []byte) {
	a.Helper()
	var status metav1.Status
	if err := json.Unmarshal(body, &status); err != nil {
		a.Fatalf("%q: %v", body, err)
	}
	if status.Reason != metav1.StatusReasonTimeout || status.Code != http.StatusGatewayTimeout || status.Message != "Timeout: request did not complete within the allotted timeout" {
		a.Errorf("%s", body)
	}
}

// Bodies are announced, begin and do not go on: each request ends with the server's --request-timeout.
func TestSilentBodies(t *testing.T) {
	Attack{
		Fault: "S8", Flags: []string{"--request-timeout=" + (&Target{}).Choose("2s", "60s")},
		Memory: 100 << 20, CPU: 10 * time.Second,
		Prepare: func(a *Target) { a.Grant("create", "configmaps") },
		Run: func(a *Target) {
			asked := map[*Conn][]uint32{}
			for range a.Times(5, 20) {
				c := a.Dial()
				for range 8 {
					id := c.Ask(c.Pack("POST", configMaps, harness.UserToken, "content-type", "application/json", "content-length", "200000"), false)
					if err := c.framer.WriteData(id, false, bytes.Repeat([]byte(" "), 16<<10)); err != nil {
						a.Fatal(err)
					}
					asked[c] = append(asked[c], id)
				}
			}
			for c, ids := range asked {
				for _, id := range ids {
					// The answer is complete, and the rest of the request is not wanted.
					a.Wait("the end of a silent request", func() bool { _, reset := c.Reset(id); return reset })
					status, _, body := c.Answer(id)
					if code, _ := c.Reset(id); status != "504" || code != http2.ErrCodeNo {
						a.Fatalf("answer %s, reset %v", status, code)
					}
					checkTimeout(a, []byte(body))
				}
			}
		},
	}.Test(t)
}

// over1 is many connections of HTTP/1.1 that send something and what each then reads.
func over1(a *Target, connections int, text string, read func(*tls.Conn)) {
	a.Helper()
	var all sync.WaitGroup
	for range connections {
		socket := a.Socket("http/1.1")
		if _, err := io.WriteString(socket, text); err != nil {
			a.Fatal(err)
		}
		all.Go(func() { read(socket) })
	}
	all.Wait()
}

// The same over HTTP/1.1, where upstream waits for the rest for ever.
func TestSilentBodiesOverHTTP1(t *testing.T) {
	Attack{
		Flags:  []string{"--request-timeout=2s"},
		Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) { a.Grant("create", "configmaps") },
		Run: func(a *Target) {
			over1(a, a.Times(40, 190), "POST "+configMaps+" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+harness.UserToken+"\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{", func(socket *tls.Conn) {
				answer, err := http.ReadResponse(bufio.NewReader(socket), nil)
				if err != nil {
					a.Error(err)
					return
				}
				defer answer.Body.Close()
				body, err := io.ReadAll(answer.Body)
				if err != nil || answer.StatusCode != http.StatusGatewayTimeout {
					a.Errorf("%s %s %v", answer.Status, body, err)
				}
				// The connection ends with it: its next bytes would be those of the body.
				if n, err := io.Copy(io.Discard, socket); n > 0 || err != nil {
					a.Errorf("%d bytes more, %v", n, err)
				}
			})
		},
	}.Test(t)
}

// Strangers announce bodies over HTTP/1.1 that they do not send. They are refused without one, and net/http would wait for it.
func TestSilentStrangers(t *testing.T) {
	Attack{
		Flags:  []string{"--request-timeout=2s"},
		Memory: 60 << 20, CPU: 5 * time.Second,
		Run: func(a *Target) {
			over1(a, a.Times(40, 500), "POST "+configMaps+" HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n{", func(socket *tls.Conn) {
				answer, err := http.ReadResponse(bufio.NewReader(socket), nil)
				if err != nil {
					a.Error(err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode != http.StatusForbidden {
					a.Error(answer.Status)
				}
			})
		},
	}.Test(t)
}

// Lists over HTTP/1.1 that nobody reads end with the request's time, and so do their connections.
func TestUnreadOverHTTP1(t *testing.T) {
	Attack{
		Flags:  []string{"--request-timeout=3s"},
		Memory: 200 << 20, CPU: 10 * time.Second,
		Prepare: func(a *Target) { largeList(a, 20, 64<<10) },
		Run: func(a *Target) {
			over1(a, a.Times(20, 200), "GET "+configMaps+" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+harness.UserToken+"\r\n\r\n", func(*tls.Conn) {})
			a.Wait("the end of the lists", func() bool {
				_, text := a.Do(a.Admin, "GET", "/metrics", "")
				return bytes.Contains([]byte(text), []byte("apiserver_current_inflight_requests{request_kind=\"readOnly\"} 1\n")) // this one
			})
		},
	}.Test(t)
}

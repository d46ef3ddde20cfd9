package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

var (
	quiet  = slog.New(slog.DiscardHandler)
	moment = time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)
)

// told are the lines that a run of the usual request makes under a policy.
func told(t *testing.T, rules string, legacy bool) []string {
	t.Helper()
	var out bytes.Buffer
	a := &Auditor{Policy: policy(t, rules), Sink: NewWriter(&out, legacy, quiet), Log: quiet, Now: func() time.Time { return moment }}
	r := a.Begin()
	r.Annotate("k", "first")
	r.Annotate("k", "second")
	h := httptest.NewRequest("POST", "/api/v1/namespaces/team/secrets?x=1", nil)
	h.Header.Set("User-Agent", "agent")
	r.Choose(h, "id-1", []string{"10.0.0.1", "10.0.0.2"}, authz.Attributes{
		User: &resource.UserInfo{Name: "ann", Groups: []string{"dev"}}, Verb: "create", IsResource: true, Version: "v1", Resource: "secrets", Namespace: "team",
	})
	r.Tell(StageReceived)
	r.Impersonated(&resource.UserInfo{Name: "ben"}, "impersonate:user-info")
	secret := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "other"}}
	body := `{"metadata":{"name":"s","managedFields":[{"manager":"m"}]},"data":{"password":"hunter2"},"n":9007199254740993}`
	r.Sent(secret, "u", func() ([]byte, error) { return []byte(body), nil })
	r.Answered(func() ([]byte, error) { return []byte(`{"items":[` + body + `]}`), nil })
	r.Code(201)
	r.Tell(StageComplete)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if lines[0] == "" {
		return nil
	}
	return lines
}

func TestRecord(t *testing.T) {
	const (
		head = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"%s","auditID":"id-1","stage":"%s","requestURI":"/api/v1/namespaces/team/secrets?x=1","verb":"create","user":{"username":"ann","groups":["dev"]}`
		as   = `,"impersonatedUser":{"username":"ben"},"authenticationMetadata":{"impersonationConstraint":"impersonate:user-info"}`
		from = `,"sourceIPs":["10.0.0.1","10.0.0.2"],"userAgent":"agent"`
		ref1 = `,"objectRef":{"resource":"secrets","namespace":"team","apiVersion":"v1"}`
		ref2 = `,"objectRef":{"resource":"secrets","namespace":"team","name":"s","uid":"u","apiVersion":"v1"}`
		code = `,"responseStatus":{"metadata":{},"code":201}`
		tail = `,"requestReceivedTimestamp":"2026-05-01T12:00:00.123456Z","stageTimestamp":"2026-05-01T12:00:00.123456Z","annotations":{"k":"first"}}`
		sent = `,"requestObject":{"metadata":{"name":"s","managedFields":[{"manager":"m"}]},"data":{"password":"hunter2"},"n":9007199254740993}`
		less = `{"data":{"password":"hunter2"},"metadata":{"name":"s"},"n":9007199254740993}`
	)
	received := func(level string) string { return fmt.Sprintf(head, level, StageReceived) + from + ref1 + tail }
	complete := func(level, bodies string) string {
		return fmt.Sprintf(head, level, StageComplete) + as + from + ref2 + code + bodies + tail
	}
	for _, c := range []struct {
		rules string
		want  []string
	}{
		{"rules: [{level: None}]", nil},
		{"rules: [{level: Metadata}]", []string{received("Metadata"), complete("Metadata", "")}},
		{"rules: [{level: Metadata, omitStages: [RequestReceived]}]", []string{complete("Metadata", "")}},
		{"rules: [{level: Request}]", []string{received("Request"), complete("Request", sent)}},
		{"omitManagedFields: true\nomitStages: [RequestReceived]\nrules: [{level: RequestResponse}]",
			[]string{complete("RequestResponse", `,"requestObject":`+less+`,"responseObject":{"items":[`+less+`]}`)}},
	} {
		got := told(t, c.rules, false)
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n got  %s\n want %s", c.rules, strings.Join(got, "\n      "), strings.Join(c.want, "\n      "))
		}
	}
}

// No policy at this level lets content reach the log.
func TestNoContentAtMetadata(t *testing.T) {
	for _, line := range told(t, "rules: [{level: Metadata}]", false) {
		if strings.Contains(line, "hunter2") || strings.Contains(line, "password") {
			t.Errorf("told: %s", line)
		}
	}
}

func TestLegacyLines(t *testing.T) {
	got := told(t, "rules: [{level: Metadata}]", true)
	want := []string{
		`2026-05-01T12:00:00.123456Z AUDIT: id="id-1" stage="RequestReceived" ip="10.0.0.1" method="create" user="ann" groups="\"dev\"" as="<self>" asgroups="<lookup>" user-agent="agent" namespace="team" uri="/api/v1/namespaces/team/secrets?x=1" response="<deferred>"`,
		`2026-05-01T12:00:00.123456Z AUDIT: id="id-1" stage="ResponseComplete" ip="10.0.0.1" method="create" user="ann" groups="\"dev\"" as="ben" asgroups="<lookup>" user-agent="agent" namespace="team" uri="/api/v1/namespaces/team/secrets?x=1" response="201"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatCannotBeEncodedIsNotTold(t *testing.T) {
	var out bytes.Buffer
	a := &Auditor{Policy: policy(t, "rules: [{level: RequestResponse}]"), Sink: NewWriter(&out, false, quiet), Log: quiet}
	r := a.Begin()
	r.Choose(httptest.NewRequest("GET", "/"+strings.Repeat("x", 10), nil), "id", nil, authz.Attributes{Verb: "get", Path: "/"})
	r.Sent(nil, "", func() ([]byte, error) { return nil, errors.New("no") })
	r.Answered(func() ([]byte, error) { return []byte("{not json"), nil })
	r.Tell(StageComplete)
	if strings.Contains(out.String(), "Object\"") || !json.Valid(out.Bytes()) {
		t.Errorf("told: %s", &out)
	}
	var nothing *Record
	nothing.Sent(nil, "", func() ([]byte, error) { t.Error("encoded for nobody"); return nil, nil })
	nothing.Impersonated(&resource.UserInfo{}, "")
}

// memory remembers what it was told.
type memory struct {
	mu      sync.Mutex
	batches [][]string
	fails   bool
	closed  bool
}

func (m *memory) Process(events ...*Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for _, e := range events {
		id := e.AuditID
		if e.Annotations["audit.k8s.io/truncated"] != "" {
			id += "-"
		}
		ids = append(ids, id)
	}
	m.batches = append(m.batches, ids)
	return !m.fails
}

func (m *memory) Close() { m.closed = true }

func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		b := NewBatch(m, BatchOptions{Buffer: 4, MaxSize: 2, MaxWait: time.Second, Throttle: true, QPS: 1, Burst: 1}, quiet)
		send := func(ids ...string) {
			for _, id := range ids {
				if !b.Process(&Event{AuditID: id}) {
					t.Error("a batch said no")
				}
			}
			synctest.Wait()
		}
		expect := func(what, want string) {
			t.Helper()
			m.mu.Lock()
			defer m.mu.Unlock()
			if got := fmt.Sprint(m.batches); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		send("1", "2", "3")
		expect("a full batch goes at once", "[[1 2]]")
		time.Sleep(1500 * time.Millisecond)
		expect("the rest after a while", "[[1 2] [3]]")
		send("4", "5")
		expect("not more than one in a second", "[[1 2] [3]]")
		send("6", "7", "8", "9", "lost")
		time.Sleep(3 * time.Second)
		expect("what found no place is lost", "[[1 2] [3] [4 5] [6 7] [8 9]]")
		send("10")
		b.Close()
		b.Process(&Event{AuditID: "late"})
		expect("closing hands on the rest", "[[1 2] [3] [4 5] [6 7] [8 9] [10]]")
		if !m.closed {
			t.Error("the backend is open")
		}
	})
}

func TestTruncate(t *testing.T) {
	m := &memory{}
	big := json.RawMessage(`"` + strings.Repeat("x", 2000) + `"`)
	s := Truncate{Sink: m, MaxEvent: 1000, MaxBatch: 1200, Log: quiet}
	safe := s.Process(&Event{AuditID: "1"}, &Event{AuditID: "2", RequestObject: big}, &Event{AuditID: "3"}, &Event{AuditID: "4", RequestURI: string(big)}, &Event{AuditID: "5"})
	if got := fmt.Sprint(m.batches); got != "[[1 2- 3] [5]]" && got != "[[1 2-] [3 5]]" && got != "[[1 2- 3 5]]" || safe {
		t.Errorf("%s, %v", got, safe)
	}
}

func TestSinks(t *testing.T) {
	good, bad := &memory{}, &memory{fails: true}
	if (Sinks{bad, good}).Process(&Event{}) || len(good.batches) != 1 {
		t.Error("one that fails keeps the others from hearing, or is not told of")
	}
	if !(Sinks{Lenient{bad}, good}).Process(&Event{}) {
		t.Error("a lenient one fails")
	}
	(Sinks{good, Lenient{bad}}).Close()
	if !good.closed || !bad.closed {
		t.Error("not all were closed")
	}
}

// full is a disk without room.
type full struct{ io.Writer }

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestFile(t *testing.T) {
	if NewWriter(full{}, false, quiet).Process(&Event{}) {
		t.Error("what could not be written is safe")
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	f := NewFile(path, Rotation{MaxSize: 1, MaxBackups: 1}, false, quiet)
	big := json.RawMessage(`"` + strings.Repeat("x", 400<<10) + `"`)
	for range 4 {
		if !f.Process(&Event{RequestObject: big}) {
			t.Error("not written")
		}
	}
	f.Close()
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 2 {
		t.Errorf("files after a rotation: %v, %v", files, err)
	}
}

func TestWebhook(t *testing.T) {
	var got []byte
	code := http.StatusOK
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body) // what came is compared below
		w.WriteHeader(code)
	}))
	defer s.Close()
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	client, err := webhook.New(fmt.Appendf(nil, `{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]}`, s.URL, ca), "", quiet)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWebhook(client, quiet)
	e := &Event{Kind: "Event", APIVersion: apiVersion, AuditID: "1"}
	if !w.Process(e, e) {
		t.Error("not sent")
	}
	var list struct {
		Kind, APIVersion string
		Items            []seen
	}
	if err := json.Unmarshal(got, &list); err != nil || list.Kind != "EventList" || list.APIVersion != apiVersion || len(list.Items) != 2 || list.Items[1].AuditID != "1" {
		t.Errorf("sent %s, %v", got, err)
	}
	if e.Kind != "Event" {
		t.Error("the event was changed")
	}
	code = http.StatusForbidden
	if w.Process(e) {
		t.Error("refused and safe")
	}
}

// seen is what the test reads of an event.
type seen struct{ AuditID, Level string }

package onestore

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

var recording = flag.Bool("record", false, "write testdata anew, with the reference")

// The recording: what the reference stored, and how it answered about it.
const (
	storeFile   = "testdata/store.jsonl.gz"
	answersFile = "testdata/answers.jsonl.gz"
)

// entry is a key of the recorded store.
type entry struct {
	Key      string `json:"key"`
	Revision int64  `json:"revision"`
	Value    []byte `json:"value"`
}

// answer is what the reference said to a GET. Body is the one of a text, Bytes that of protobuf.
type answer struct {
	Path   string `json:"path"`
	Accept string `json:"accept"`
	Body   string `json:"body,omitempty"`
	Bytes  []byte `json:"bytes,omitempty"`
}

// forms are those that a single object is asked for in; lists come as JSON and as a table.
var forms = []string{jsonType, yamlType, protoType, tableType}

// TestRecord fills a store through the reference and keeps what lies in it and what the reference answers.
func TestRecord(t *testing.T) {
	if !*recording {
		t.Skip("only with -record")
	}
	_, address := startEtcd(t, t.TempDir())
	reference := startReference(t, address)
	store := openStore(t, address, etcd.DefaultPrefix)
	first, second := halves(documents(t))
	createAll(t, reference.side, append(first, second...))
	touchAll(t, reference.side, first)
	aggregate(t, reference, address)
	for {
		// Leases are renewed all the time: what is recorded is a moment between two renewals.
		entries := dump(t, store)
		answers := askAll(t, reference.side)
		if slices.EqualFunc(entries, dump(t, store), func(a, b entry) bool { return a.Key == b.Key && a.Revision == b.Revision }) {
			save(t, storeFile, entries)
			save(t, answersFile, answers)
			t.Logf("%d keys, %d answers", len(entries), len(answers))
			return
		}
	}
}

// aggregate lets our server fill in the roles that are made of others: the reference leaves that to its controller manager,
// and a replay is to begin with what our server leaves alone.
func aggregate(t *testing.T, reference *reference, etcd string) {
	ours, _ := startOurs(t, t.TempDir(), "--etcd-servers="+etcd)
	for _, name := range []string{"admin", "edit", "view"} {
		reference.until("aggregated", func() bool {
			_, o := reference.do("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/"+name, nil)
			return o["rules"] != nil
		})
	}
	ours.Stop()
}

// dump is the whole store in the order of writing, without what the servers tell each other.
func dump(t *testing.T, store *etcd.Store) []entry {
	t.Helper()
	list, err := store.List(t.Context(), "/", storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out []entry
	for _, kv := range list.Items {
		if !strings.HasPrefix(kv.Key, "/masterleases/") && !strings.HasPrefix(kv.Key, "/peerserverleases/") {
			out = append(out, entry{kv.Key, kv.Revision, kv.Value})
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return int(a.Revision - b.Revision) })
	return out
}

// askAll asks for every object in every version and form, and for every list.
func askAll(t *testing.T, s *side) []answer {
	t.Helper()
	var out []answer
	for _, path := range slices.Sorted(maps.Keys(everything(t, s).objects)) {
		for _, form := range forms {
			out = append(out, ask(t, s, path, form))
		}
	}
	for _, row := range stored() {
		for _, form := range []string{jsonType, tableType} {
			out = append(out, ask(t, s, collection(row, true), form))
		}
	}
	return out
}

func ask(t *testing.T, s *side, path, form string) answer {
	t.Helper()
	code, body := s.get(path, form)
	if code != http.StatusOK {
		t.Errorf("%s: GET %s as %s: %d %s", s.name, path, form, code, body)
	}
	if form == protoType {
		return answer{Path: path, Accept: form, Bytes: body}
	}
	return answer{Path: path, Accept: form, Body: constant(string(body))}
}

var (
	listRevision = regexp.MustCompile(`^(\{"kind":"[A-Za-z0-9]+List","apiVersion":"[^"]*","metadata":\{"resourceVersion":")\d+`)
	tableHead    = regexp.MustCompile(`^(\{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":\{"resourceVersion":")\d+`)
	description  = regexp.MustCompile(`"description":"(?:[^"\\]|\\.)*","priority":`)
	age          = regexp.MustCompile(`"(?:<unknown>|<invalid>|\d+[smhdy](?:\d+[smhd])?)"([,\]])`)
	ago          = regexp.MustCompile(`\(\d+[smhdy](?:\d+[smhd])? ago\)"([,\]])`)
)

// constant replaces what changes between a recording and its replay: the revision that a list is read at and ages. The
// descriptions of columns are prose of each server's own.
func constant(body string) string {
	body = listRevision.ReplaceAllString(body, "${1}0")
	if !tableHead.MatchString(body) {
		return body
	}
	body = tableHead.ReplaceAllString(body, "${1}0")
	body = description.ReplaceAllString(body, `"description":"","priority":`)
	return ago.ReplaceAllString(age.ReplaceAllString(body, `"<age>"$1`), `(<age> ago)"$1`)
}

// save writes a line of JSON for each item.
func save[T any](t *testing.T, file string, items []T) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	lines := json.NewEncoder(z)
	lines.SetEscapeHTML(false)
	for _, item := range items {
		if err := lines.Encode(item); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load[T any](t *testing.T, file string) (out []T) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for lines := json.NewDecoder(z); ; {
		var item T
		switch err := lines.Decode(&item); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Fatal(err)
		}
		out = append(out, item)
	}
}

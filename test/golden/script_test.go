package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

const small = `# A script.

=== first
# a comment
capture rv = .metadata.resourceVersion
POST /things
X-Header: yes

{"a":"$patch"}
----
201 Created

{"a": 1}

=== second
differs: we are other
GET /things/$rv
----
200 OK
---- ours
404 Not Found
`

func TestParseAndFormat(t *testing.T) {
	script, err := Parse("small", small)
	if err != nil {
		t.Fatal(err)
	}
	if got := script.Format(); got != small {
		t.Errorf("Format does not give the script back:\n%s", diff.Lines(small, got))
	}
	first, second := script.Steps[0], script.Steps[1]
	if first.Request.Body != `{"a":"$patch"}` || first.Request.Header.Get("X-Header") != "yes" || first.Request.Header.Get("Content-Type") != "application/json" {
		t.Errorf("first request: %+v", first.Request)
	}
	if first.Want(Ours) != first.Reference || second.Want(Ours) != "404 Not Found" || second.Want(Reference) != "200 OK" {
		t.Errorf("a side's answer is the wrong one: %q, %q, %q", first.Want(Ours), second.Want(Ours), second.Want(Reference))
	}
	first.Record(Ours, "x")
	second.Record(Ours, "y")
	if first.Reference == "x" || first.Ours == "x" || second.Ours != "y" {
		t.Error("an answer of ours belongs to a step that differs, and to no other")
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"# nothing\n", "no steps"},
		{"=== \nGET /\n----\n", "needs a title"},
		{"=== a\n# only a comment\n----\n", "no request line"},
		{"=== a\nfetch /x\n----\n", "neither a directive"},
		{"=== a\nGET /\n----\n=== a\nGET /\n----\n", "was used in line 1"},
		{"=== a\nGET /\n----\n----\n", "second"},
		{"=== a\nGET /\n----\n---- ours\n200 OK\n", "needs a line"},
		{"=== a\ndiffers:\nGET /\n----\n", "needs a reason"},
		{"=== a\ncapture rv .x\nGET /\n----\n", "want: capture"},
		{"=== a\nassert .x\nGET /\n----\n", "want: assert"},
		{"=== a\nmask x\nGET /\n----\n", "want . or ["},
		{"=== a\nwatch\nGET /\n----\n", "want: watch"},
		{"=== a\nevents w\n----\n", "want: events"},
		{"=== a\nevents w many\n----\n", "no number of events"},
		{"=== a\nevents w 1\nGET /\n----\n", "sends no request"},
		{"=== a\nGET /\nHeader\n----\n", "want Name: value"},
		{"=== a\nmasktext (\nGET /\n----\n", "error parsing regexp"},
	}
	for _, test := range tests {
		if _, err := Parse("bad", test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q in it", test.text, err, test.want)
		}
	}
}

// TestScripts holds what a recorded script must be: canonical, so that a rewrite shows only changed answers, and complete.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	forgetting, err := filepath.Glob("testdata/forgetting/*.txt")
	if err != nil || len(forgetting) == 0 {
		t.Fatalf("no scripts that forget: %v", err)
	}
	for _, file := range append(files, forgetting...) {
		script, err := Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if formatted := script.Format(); formatted != string(text) {
			t.Errorf("%s is not as the recorder writes it", file)
		}
		if script.Preamble == "" {
			t.Errorf("%s does not say what it is about", file)
		}
		for _, step := range script.Steps {
			if step.Reference == "" {
				t.Errorf("%s:%d: no answer recorded", file, step.Line)
			}
			if step.Differs != "" && (step.Ours == "" || step.Ours == step.Reference) {
				t.Errorf("%s:%d: it differs, but our answer is missing or the same", file, step.Line)
			}
		}
	}
}

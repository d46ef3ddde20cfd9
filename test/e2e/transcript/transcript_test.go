package transcript

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

const example = `# About it.
mask: secret-\d+

### files and commands
# why
> a.yaml
kind: A

kind: B
$ kubectl get a
NAME
a
$ kubectl version
theirs
---- ours: another name
ours
& w kubectl get -w a
< w 2
one
two
`

func TestParse(t *testing.T) {
	script, err := Parse("example", example)
	if err != nil {
		t.Fatal(err)
	}
	if got := script.String(); got != example {
		t.Errorf("written again it is\n%s", diff.Lines(example, got))
	}
	steps := script.Parts[0].Steps
	if len(script.Parts) != 1 || len(steps) != 5 || len(script.Masks) != 1 {
		t.Fatalf("%+v", script)
	}
	if s := steps[0]; s.Kind != File || s.Text != "a.yaml" || s.Want != "kind: A\n\nkind: B" {
		t.Errorf("file: %+v", s)
	}
	if s := steps[2]; s.Expected(false) != "theirs" || s.Expected(true) != "ours" || s.Differs != "another name" {
		t.Errorf("difference: %+v", s)
	}
	if s := steps[1]; s.Expected(true) != "NAME\na" {
		t.Errorf("ours is expected to be %q", s.Expected(true))
	}
	if s := steps[4]; s.Kind != Read || s.Name != "w" || s.Lines != 2 {
		t.Errorf("read: %+v", s)
	}
	// Our output is only written down where a reason for it is given.
	steps[1].Record(true, "x")
	steps[2].Record(true, "y")
	if steps[1].Want != "NAME\na" || steps[2].Want != "theirs" || steps[2].Ours != "y" {
		t.Error("an output was recorded in the wrong place")
	}
}

func TestParseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"### a\nwords":          "2: a heading is followed",
		"### a\n< w":            "2: how many lines",
		"### a\n< w 0":          "2: how many lines",
		"### a\n$ x\n\n& alone": "4: a started command has a name",
		"mask: (":               "1: error parsing regexp",
	} {
		if _, err := Parse("x", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestMask(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	m := &masker{names: strings.NewReplacer("e2e-abc", "$NS"), extra: []*regexp.Regexp{regexp.MustCompile(`secret-\d+`)}, now: now}
	for in, want := range map[string]string{
		"NAME    STATUS   AGE\npod-1   Ready    12s": "NAME  STATUS  AGE\npod-1  Ready  <age>",
		"1m5s 3s   2m": "<age> <age>  <age>",
		"2y199d 8y":    "<age> <age>",
		"creationTimestamp: \"2026-05-04T03:02:00Z\"":           `creationTimestamp: "<time>"`,
		"startTime: \"2020-05-04T03:02:00Z\"":                   `startTime: "2020-05-04T03:02:00Z"`,
		"Start: Mon, 04 May 2026 03:01:59 +0000":                "Start: <time>",
		"uid: 01234567-89ab-cdef-0123-456789abcdef":             "uid: <uid>",
		`resourceVersion: "123" and "resourceVersion":"45"`:     `resourceVersion: "<rv>" and "resourceVersion":"<rv>"`,
		"web  ClusterIP  10.0.12.7  80:31234/TCP":               "web  ClusterIP  <ip>  80:<port>/TCP",
		"in e2e-abc is secret-77":                               "in $NS is <masked>",
		"delay=0s timeout=1s":                                   "delay=0s timeout=1s",
		"    two:   three":                                      "    two:  three",
		"+      indented":                                       "+      indented",
		"I0504 03:02:01.123456   77 reflector.go:1] talk\nkept": "kept",
		"diff /tmp/LIVE-123/v1.x /tmp/MERGED-4/v1.x":            "diff LIVE/v1.x MERGED/v1.x",
	} {
		if got := m.mask(in); got != want {
			t.Errorf("%q\nbecomes %q\nwant    %q", in, got, want)
		}
	}
}

package golden

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/diff"
)

func TestNodeKeepsOrderAndNumbers(t *testing.T) {
	const text = `{"z": 1.50, "a": [12345678901234567890, "<&>"], "m": {}}`
	doc, err := parseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.pretty(); got != text {
		t.Errorf("got %s", got)
	}
}

func TestPrettyBreaksLongLines(t *testing.T) {
	long := strings.Repeat("x", width)
	doc, err := parseJSON([]byte(`{"a":{"b":"` + long + `"},"c":[1,2]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"a\": {\n    \"b\": \"" + long + "\"\n  },\n  \"c\": [1, 2]\n}"
	if got := doc.pretty(); got != want {
		t.Errorf("%s", diff.Lines(want, got))
	}
}

func TestParseYAML(t *testing.T) {
	doc, err := parseYAML([]byte("b: 1\na:\n- \"2\"\n- true\n- null\ntime: 2020-01-01T00:00:00Z\nempty: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"b": 1, "a": ["2", true, null], "time": "2020-01-01T00:00:00Z", "empty": {}}`
	if got := doc.line(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bad := range []string{`{"a": 1}`, "", "a: b: c", "a: &x 1\nb: *x\n"} {
		if _, err := parseYAML([]byte(bad)); err == nil {
			t.Errorf("%q was taken for an answer in YAML", bad)
		}
	}
}

func TestParseJSONErrors(t *testing.T) {
	for _, bad := range []string{"", "{", `{"a":1} {}`, `{"a"`, `[1,`} {
		if _, err := parseJSON([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a JSON document", bad)
		}
	}
}

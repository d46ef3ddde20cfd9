package codec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	yamlv3 "go.yaml.in/yaml/v3"
)

// nodesOf is how many values the parser finds; -1 for what it does not parse.
func nodesOf(text []byte) (n int, aliases bool) {
	var document yamlv3.Node
	if yamlv3.Unmarshal(text, &document) != nil {
		return -1, false
	}
	var count func(*yamlv3.Node)
	count = func(node *yamlv3.Node) {
		n++
		aliases = aliases || node.Kind == yamlv3.AliasNode
		for _, inner := range node.Content {
			count(inner)
		}
	}
	for _, inner := range document.Content {
		count(inner)
	}
	return n, aliases
}

func checkCount(t *testing.T, text string) (parsed bool) {
	t.Helper()
	want, has := nodesOf([]byte(text))
	got, aliases := countYAML([]byte(text))
	// A key without a value and an empty document have a value that no character stands for.
	if want > 2*got+1 {
		t.Errorf("%q has %d values, %d were counted", text, want, got)
	}
	if has && !aliases {
		t.Errorf("%q: the alias is not seen", text)
	}
	return want > 1
}

// No text hides values from the count: not in quotes and blocks that are none, nor in lines that go on.
func TestCountYAML(t *testing.T) {
	for _, text := range []string{
		"a: b\n  \"c\nd: [[],[],[],[],[],[],[]]\ne: \"\"\n",
		"- a\n- \"x: '\"\n- [[],[],[],[],[],[],[]]\n- \"'\"\n",
		"- a\n- |\n  x: '\n- [[],[],[],[],[],[],[]]\n- \"'\"\n",
		"a: b\n  [ \"\nc: [[],[],[],[],[],[]]\nd: \"\n",
		"[ \"]\", [],[],[],[],[],[],[],[] ]",
		"[a:\"x, [],[],[],[],[],[],[],[], \"]",
		"- k: |\n  other: [[],[],[],[],[],[]]\n",
		"k: # |\n  [[],[],[],[],[],[]]\n",
		"x: \"a\n  b\"\ny: |2\n    t\nz: [{},{},{},{}]\n",
		"a: b\u2028c: [[],[],[],[],[]]\n",
		"a: |\n  text\u0085b: [[],[],[],[],[]]\n",
		"\"a\":[[],[],[],[]]\n",
		`{"a":{"b":[{},{},{}]},"c":"d"}`,
		"? |\n  key\n: [[],[],[],[]]\n",
		"'it''s': 'a # b'\nc: [[],[],[]]\n",
		"a: &x [1,2,3]\nb: [*x,*x,*x]\n",
		"\n\n&0:",
		"&x: [[],[],[]]\n",
	} {
		checkCount(t, text) // some are refused, by one parser or the other
	}
	pieces := []string{"a", "b: ", "c:", "- ", "- ", "\n", "\n", "\n ", "\n  ", "\n   ", "\n    ", "[", "]", "{", "}", ",", ", ", "\"", "'", "\"q\"", "|\n", ">-\n", "# ", " ", "&x ", "*x", "? ", ": ", "!t ", "[[],[],[],[]]", "-", "\t", "''", "\\", "\r\n", "|2\n", "---\n", "%"}
	r := rand.New(rand.NewPCG(7, 8))
	parsed, n := 0, 300000
	if testing.Short() {
		n = 60000
	}
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		if checkCount(t, b.String()) {
			parsed++
		}
	}
	if parsed < n/100 {
		t.Errorf("only %d of %d texts were YAML", parsed, n)
	}
}

// Texts as people write them are not counted for much more than they have: what stands in quotes and blocks is one value.
func TestCountYAMLOfTexts(t *testing.T) {
	lines := strings.Repeat("    echo \"a, b\" | tr [a-z] {x,y}: - * &\n", 1000)
	for name, text := range map[string]string{
		"a block":         "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  script: |\n" + lines + "  other: x\n",
		"blocks":          "data:\n" + strings.Repeat("  k: |\n"+strings.Repeat("    a: [b, c], d\n", 100)+"\n", 10) + "x: y\n",
		"quotes":          "args: [\"-c\", \"" + strings.Repeat("a, b: [c] {d}\\n", 1000) + "\"]\n",
		"quotes in lines": "args:\n- -c\n- \"" + strings.Repeat("a, b: [c] {d}\\n", 1000) + "\"\n",
	} {
		got, _ := countYAML([]byte(text))
		if want, _ := nodesOf([]byte(text)); want > 0 && got > 3*want+10 {
			t.Errorf("%s: %d values are counted as %d", name, want, got)
		}
	}
}

func FuzzCountYAML(f *testing.F) {
	f.Add("a: b\n  \"c\nd: [[],[]]\ne: \"\"\n")
	f.Fuzz(func(t *testing.T, text string) { checkCount(t, text) })
}

// What aliases stand for is weighed before it is written out.
func TestAliases(t *testing.T) {
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 8; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	long := "a: &x " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.TrimSuffix(strings.Repeat("*x,", 1000), ",") + "]\n"
	for name, text := range map[string]string{"laughs": laughs, "a long text": long, "itself": "a: &x [*x]\n"} {
		if err := CheckYAML([]byte(text)); err == nil {
			t.Errorf("%s: %d bytes are accepted", name, len(text))
		}
	}
	few := "a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x, e: *x}\n"
	if text, err := YAMLToJSON([]byte(few)); err != nil || string(text) != `{"a":{"b":[1,2]},"c":{"b":[1,2]},"d":{"b":[1,2],"e":{"b":[1,2]}}}` {
		t.Errorf("%s %v", text, err)
	}
}

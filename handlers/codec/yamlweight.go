package codec

import (
	"bytes"
	"fmt"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// nodeWeight is what the parser of YAML and the conversion to JSON take for one value, as far as it is not text. aliasedWeight is
// that of the parser that does not follow aliases.
const (
	nodeWeight    = 128
	aliasedWeight = 4 * nodeWeight
)

// YAMLToJSON is upstream's conversion for a body of bounded weight.
func YAMLToJSON(text []byte) ([]byte, error) {
	if err := CheckYAML(text); err != nil {
		return nil, err
	}
	return yaml.YAMLToJSON(text)
}

// CheckYAML refuses YAML that would take too much memory when it is parsed, or when its aliases are written out: a text of a
// few kilobytes can stand for any amount of JSON.
func CheckYAML(text []byte) error {
	nodes, aliases := countYAML(text)
	most := maxWeight(text)
	if nodes*nodeWeight > most || aliases && nodes*aliasedWeight > most {
		return errBudget
	}
	if !aliases {
		return nil
	}
	var document yamlv3.Node
	if err := yamlv3.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("error converting YAML to JSON: %w", err)
	}
	if x := (expansion{most, map[*yamlv3.Node]int{}}); x.weight(&document) > most {
		return errBudget
	}
	return nil
}

// expansion weighs a document with its aliases written out. No weight is larger than most+1.
type expansion struct {
	most  int
	known map[*yamlv3.Node]int
}

func (x expansion) weight(n *yamlv3.Node) int {
	if n.Kind == yamlv3.AliasNode {
		return x.weight(n.Alias)
	}
	if known, found := x.known[n]; found {
		return known
	}
	x.known[n] = x.most + 1 // until it is known: what contains itself has no end
	sum := nodeWeight/2 + len(n.Value)
	for _, inner := range n.Content {
		if sum += x.weight(inner); sum > x.most {
			sum = x.most + 1
			break
		}
	}
	x.known[n] = sum
	return sum
}

// countYAML counts the values of a YAML text: no fewer than its parser makes, and not many more. aliases says that there may be
// some. Texts in quotes and blocks are left out as long as it is certain that they are such; from the first doubt on every
// character counts that may begin a value.
func countYAML(text []byte) (nodes int, aliases bool) {
	// Other newlines than these, and other encodings than UTF-8.
	for _, odd := range []string{"\u0085", "\u2028", "\u2029", "\xff\xfe", "\xfe\xff"} {
		if bytes.Contains(text, []byte(odd)) {
			return countIndicators(text), bytes.IndexByte(text, '*') >= 0
		}
	}
	s := yamlScan{text: text, start: true, column: -1}
	for s.i < len(text) && !s.doubt {
		s.step(text[s.i])
	}
	if s.doubt {
		rest := text[s.i:]
		return s.nodes + countIndicators(rest), s.aliases || bytes.IndexByte(rest, '*') >= 0
	}
	return s.nodes, s.aliases
}

func countIndicators(text []byte) (n int) {
	for _, c := range text {
		switch c {
		case ',', '[', '{', ':', '-', '?', '*', '\n', '\r':
			n++
		}
	}
	return n + 1
}

// yamlScan goes through YAML and follows its tokens, not its grammar.
type yamlScan struct {
	text []byte
	i    int
	// line is where the line begins, token where the last token does.
	line, token int
	// column is that of the innermost mapping or sequence in block style; what follows a plain scalar in deeper lines may
	// belong to it.
	column int
	// flow is how many brackets are open.
	flow int
	// start: a token may start here. plain: the last one was a plain scalar. closed: it was in quotes or brackets.
	start, plain, closed bool
	nodes                int
	aliases, doubt       bool
}

func (s *yamlScan) step(c byte) {
	switch {
	case c == '\n' || c == '\r':
		s.i++
		s.line = s.i
		s.start = s.start || s.flow == 0
	case c == ' ' || c == '\t':
		s.i++
	case c == '#' && (s.i == 0 || blank(s.text[s.i-1])):
		s.skipLine()
	case s.start:
		s.begin(c)
	default:
		s.within(c)
	}
}

// within is inside or behind a token.
func (s *yamlScan) within(c byte) {
	switch {
	case c == ':' && (s.blankAt(s.i+1) || s.flow > 0 && (s.closed || bytes.IndexByte([]byte(",[]{}"), s.text[s.i+1]) >= 0)):
		s.start, s.plain = true, false
		if s.flow == 0 {
			s.column = s.token - s.line
		}
	case s.flow > 0 && c == ',':
		s.start, s.plain = true, false
	case s.flow > 0 && (c == ']' || c == '}'):
		s.close()
	case s.flow > 0 && (c == '[' || c == '{'):
		s.begin(c)
		return
	}
	s.i++
}

// begin is at the first character of a token.
func (s *yamlScan) begin(c byte) {
	column := s.i - s.line
	// In a deeper line a plain scalar may go on.
	uncertain := s.plain && s.flow == 0 && column > s.column
	s.token = s.i
	switch {
	case uncertain && bytes.IndexByte([]byte("\"'|>[{-?"), c) >= 0:
		s.doubt = true
	case c == '[' || c == '{':
		s.nodes++
		s.flow++
		s.i++
		s.start, s.plain = true, false
	case (c == ']' || c == '}') && s.flow > 0:
		s.close()
		s.i++
	case c == ',' && s.flow > 0:
		s.nodes++
		s.i++
	case (c == '-' || c == '?') && s.flow == 0 && s.blankAt(s.i+1):
		s.nodes++
		s.column, s.plain = column, false
		s.i++
	case c == '&' || c == '!':
		s.skipToken()
	case c == ':' && (s.flow > 0 || s.blankAt(s.i+1)):
		// The value of a key that is empty, or of one that was told before.
		s.nodes += 2
		s.i++
		s.plain = false
		if s.flow == 0 {
			s.column = column
		}
	case c == '*':
		s.aliases = true
		s.nodes++
		s.skipToken()
		s.start, s.plain, s.closed = false, false, true
	case c == '"' || c == '\'':
		s.nodes++
		s.skipQuoted(c)
		s.start, s.plain, s.closed = false, false, true
	case (c == '|' || c == '>') && s.flow == 0:
		s.nodes++
		s.skipBlock()
		s.start, s.plain = true, false
	default:
		s.nodes++
		s.i++
		s.start, s.plain, s.closed = false, true, false
	}
}

func (s *yamlScan) close() {
	s.flow--
	s.start, s.plain, s.closed = false, false, true
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// blankAt says whether a place is behind a token: white space or the end.
func (s *yamlScan) blankAt(i int) bool { return i >= len(s.text) || blank(s.text[i]) }

func (s *yamlScan) skipLine() {
	for s.i < len(s.text) && s.text[s.i] != '\n' && s.text[s.i] != '\r' {
		s.i++
	}
}

// skipToken steps over an anchor, a tag or an alias. One with a colon in it leaves in doubt where it ends: anchors end there,
// tags do not.
func (s *yamlScan) skipToken() {
	for s.i++; s.i < len(s.text) && !blank(s.text[s.i]) && (s.flow == 0 || bytes.IndexByte([]byte(",[]{}"), s.text[s.i]) < 0); s.i++ {
		if s.text[s.i] == ':' {
			s.doubt = true
			return
		}
	}
}

func (s *yamlScan) skipQuoted(quote byte) {
	for s.i++; s.i < len(s.text); s.i++ {
		switch c := s.text[s.i]; {
		case c == '\\' && quote == '"':
			s.i++
		case c == '\n' || c == '\r':
			s.line = s.i + 1
		case c == quote && quote == '\'' && s.i+1 < len(s.text) && s.text[s.i+1] == quote:
			s.i++
		case c == quote:
			s.i++
			return
		}
	}
}

// skipBlock steps over a block scalar: its header, and the lines that are blank or deeper than what it is in.
func (s *yamlScan) skipBlock() {
	s.skipLine()
	for s.i < len(s.text) {
		at := s.i + 1 // behind the newline
		indent := at
		for indent < len(s.text) && s.text[indent] == ' ' {
			indent++
		}
		if indent < len(s.text) && s.text[indent] != '\n' && s.text[indent] != '\r' && indent-at <= s.column {
			return
		}
		s.i = at
		s.line = at
		s.skipLine()
	}
}

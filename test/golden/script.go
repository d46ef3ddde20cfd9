package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	stepMark     = "=== "
	answerMark   = "----"
	ourMark      = "---- ours"
	differsStart = "differs:"
	pluginsStart = "# plugins:"
)

// A Script is one file of steps that run in order in one namespace of their own.
type Script struct {
	Name     string
	Preamble string
	// Plugins are the admission plugins that run beside those that are on by default; see the README.
	Plugins string
	Steps   []*Step
}

// A Step is one request with the answer expected from the reference and, where we differ on purpose, from us.
type Step struct {
	Title string
	Line  int    // of the title, for messages
	Head  string // the request as written, so that a rewrite leaves it alone

	Request Request

	Differs   string // why our answer is another one; empty for nearly all steps
	Reference string
	Ours      string
}

// Want is the answer that the given side must give.
func (s *Step) Want(side Side) string {
	if side == Ours && s.Differs != "" {
		return s.Ours
	}
	return s.Reference
}

// Record stores an answer as the one expected of a side. An answer of ours is kept only where the step says why it differs.
func (s *Step) Record(side Side, answer string) {
	switch {
	case side == Reference:
		s.Reference = answer
	case s.Differs != "":
		s.Ours = answer
	}
}

// Load reads one script.
func Load(file string) (*Script, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	return Parse(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
}

// Parse reads a script from its text.
func Parse(name, text string) (*Script, error) {
	script := &Script{Name: name}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	first := 0
	for first < len(lines) && !strings.HasPrefix(lines[first], stepMark) {
		first++
	}
	script.Preamble = strings.TrimSpace(strings.Join(lines[:first], "\n"))
	for line := range strings.Lines(script.Preamble) {
		if plugins, found := strings.CutPrefix(line, pluginsStart); found {
			script.Plugins = strings.TrimSpace(plugins)
		}
	}
	titles := map[string]int{}
	for start := first; start < len(lines); {
		end := start + 1
		for end < len(lines) && !strings.HasPrefix(lines[end], stepMark) {
			end++
		}
		step, err := parseStep(lines[start:end])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, start+1, err)
		}
		step.Line = start + 1
		if line := titles[step.Title]; line != 0 {
			return nil, fmt.Errorf("%s:%d: title %q was used in line %d", name, start+1, step.Title, line)
		}
		titles[step.Title] = start + 1
		script.Steps = append(script.Steps, step)
		start = end
	}
	if len(script.Steps) == 0 {
		return nil, fmt.Errorf("%s: no steps (a step starts with %q)", name, stepMark)
	}
	return script, nil
}

func parseStep(lines []string) (*Step, error) {
	step := &Step{Title: strings.TrimSpace(strings.TrimPrefix(lines[0], stepMark))}
	if step.Title == "" {
		return nil, fmt.Errorf("a step needs a title")
	}
	parts := [3][]string{}
	at := 0
	for _, line := range lines[1:] {
		switch line {
		case answerMark:
			if at != 0 {
				return nil, fmt.Errorf("second %q in one step", answerMark)
			}
			at = 1
		case ourMark:
			at = 2
		default:
			parts[at] = append(parts[at], line)
		}
	}
	step.Head = block(parts[0])
	step.Reference = block(parts[1])
	step.Ours = block(parts[2])
	var err error
	step.Request, step.Differs, err = parseRequest(parts[0])
	if err != nil {
		return nil, err
	}
	if step.Ours != "" && step.Differs == "" {
		return nil, fmt.Errorf("an answer of ours needs a line %q", differsStart+" <reason>")
	}
	return step, nil
}

// block joins lines without the blank ones around them.
func block(lines []string) string {
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// Format writes the script back; Parse(Format(s)) is s.
func (s *Script) Format() string {
	var b strings.Builder
	if s.Preamble != "" {
		b.WriteString(s.Preamble + "\n\n")
	}
	for i, step := range s.Steps {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(stepMark + step.Title + "\n" + step.Head + "\n" + answerMark + "\n")
		if step.Reference != "" {
			b.WriteString(step.Reference + "\n")
		}
		if step.Differs != "" {
			b.WriteString(ourMark + "\n")
			if step.Ours != "" {
				b.WriteString(step.Ours + "\n")
			}
		}
	}
	return b.String()
}

// Package transcript runs recorded sessions with kubectl: commands, and what they printed when the server was the
// reference. Run against our server they say whether a user sees any difference, without the reference being there.
package transcript

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// The first characters of the lines that are not text.
const (
	titleMark = "### "
	fileMark  = "> "
	runMark   = "$ "
	startMark = "& "
	readMark  = "< "
	oursMark  = "---- ours: "
	maskMark  = "mask: "
)

// Script is one file: parts that run in order in one namespace of their own.
type Script struct {
	Name     string
	Preamble string
	Parts    []*Part
	// Masks are what the preamble names beside what is always masked.
	Masks []*regexp.Regexp
}

// Part is a heading with its steps.
type Part struct {
	Title   string
	Comment string
	Steps   []*Step
}

// Kind is what a step does.
type Kind int

// The kinds of steps: write a file, run a command to its end, start a command, read lines that a started one prints.
const (
	File Kind = iota
	Run
	Start
	Read
)

// Step is one action with the output expected of it.
type Step struct {
	Line int
	Kind Kind
	// Text is the command, or the name of the file.
	Text string
	// Name is that of a started command, Lines how many to read from it.
	Name  string
	Lines int
	// Want is the content of the file, or the output that the reference gave.
	Want string
	// Differs says why our output is another one, which is then Ours.
	Differs, Ours string
}

// Expected is the output that the server at hand is to give.
func (s *Step) Expected(ours bool) string {
	if ours && s.Differs != "" {
		return s.Ours
	}
	return s.Want
}

// Record keeps an output. Ours is only kept where the step says why it differs.
func (s *Step) Record(ours bool, output string) {
	switch {
	case !ours:
		s.Want = output
	case s.Differs != "":
		s.Ours = output
	}
}

// Load reads a script.
func Load(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	script, err := Parse(name, string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return script, nil
}

// Parse reads a script's text. Errors begin with the number of the line.
func Parse(name, text string) (*Script, error) {
	script := &Script{Name: name}
	var (
		part *Part
		step *Step
		into = &script.Preamble
	)
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, titleMark):
			part, step = &Part{Title: line[len(titleMark):]}, nil
			script.Parts = append(script.Parts, part)
			into = &part.Comment
		case part != nil && step != nil && strings.HasPrefix(line, oursMark):
			step.Differs = line[len(oursMark):]
			into = &step.Ours
		case part != nil && isStep(line):
			var err error
			if step, err = parseStep(line, i+1); err != nil {
				return nil, err
			}
			part.Steps = append(part.Steps, step)
			into = &step.Want
		case part == nil && strings.HasPrefix(line, maskMark):
			mask, err := regexp.Compile(line[len(maskMark):])
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i+1, err)
			}
			script.Masks = append(script.Masks, mask)
			script.Preamble += line + "\n"
		case part != nil && step == nil && line != "" && !strings.HasPrefix(line, "# "):
			return nil, fmt.Errorf("%d: a heading is followed by # comments and steps", i+1)
		default:
			*into += line + "\n"
		}
	}
	script.trim()
	return script, nil
}

// trim takes away the empty lines between steps: the ends of outputs are compared without them.
func (s *Script) trim() {
	s.Preamble = strings.TrimRight(s.Preamble, "\n")
	for _, part := range s.Parts {
		part.Comment = strings.TrimRight(part.Comment, "\n")
		for _, step := range part.Steps {
			step.Want, step.Ours = strings.TrimRight(step.Want, "\n"), strings.TrimRight(step.Ours, "\n")
		}
	}
}

func isStep(line string) bool {
	if len(line) < 2 {
		return false
	}
	switch line[:2] {
	case fileMark, runMark, startMark, readMark:
		return true
	}
	return false
}

func parseStep(line string, number int) (*Step, error) {
	step := &Step{Line: number, Text: line[2:]}
	switch line[:2] {
	case fileMark:
		step.Kind = File
	case runMark:
		step.Kind = Run
	case startMark:
		step.Kind = Start
		var ok bool
		if step.Name, step.Text, ok = strings.Cut(step.Text, " "); !ok {
			return nil, fmt.Errorf("%d: a started command has a name", number)
		}
	case readMark:
		step.Kind = Read
		name, lines, _ := strings.Cut(step.Text, " ")
		n, err := strconv.Atoi(lines)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%d: how many lines to read is a number", number)
		}
		step.Name, step.Lines = name, n
	}
	return step, nil
}

// String is the script's text, as Parse reads it.
func (s *Script) String() string {
	var b strings.Builder
	line := func(text string) {
		if text != "" {
			b.WriteString(text + "\n")
		}
	}
	line(s.Preamble)
	for _, part := range s.Parts {
		b.WriteString("\n" + titleMark + part.Title + "\n")
		line(part.Comment)
		for _, step := range part.Steps {
			b.WriteString(step.head() + "\n")
			line(step.Want)
			if step.Differs != "" {
				b.WriteString(oursMark + step.Differs + "\n")
				line(step.Ours)
			}
		}
	}
	return b.String()
}

func (s *Step) head() string {
	switch s.Kind {
	case File:
		return fileMark + s.Text
	case Start:
		return startMark + s.Name + " " + s.Text
	case Read:
		return readMark + s.Text
	}
	return runMark + s.Text
}

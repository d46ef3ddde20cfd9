package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// step begins each step of a golden script, answer its answer.
var (
	step   = regexp.MustCompile(`(?m)^=== .*$`)
	times  = strings.NewReplacer(`"<time>"`, `"2026-01-02T03:04:05Z"`, `"<microtime>"`, `"2026-01-02T03:04:05.123456Z"`)
	answer = "\n----\n"
)

// goldenObjects writes the objects of all recorded answers, and a full one of each kind, into a file, one a line: what a client reads and writes must come out
// the same.
func goldenObjects(root, file string) error {
	scripts, err := filepath.Glob(filepath.Join(root, "test", "golden", "testdata", "*.txt"))
	if err != nil {
		return err
	}
	var out strings.Builder
	lines := 0
	for _, script := range scripts {
		b, err := os.ReadFile(script)
		if err != nil {
			return err
		}
		for _, s := range step.Split(string(b), -1) {
			_, text, _ := strings.Cut(s, answer)
			_, body, ok := strings.Cut(text, "\n\n")
			if !ok {
				continue
			}
			var object map[string]any
			decoder := json.NewDecoder(strings.NewReader(times.Replace(body)))
			decoder.UseNumber()
			if strings.Contains(body, "<masked>") || decoder.Decode(&object) != nil || object["kind"] == nil || object["apiVersion"] == nil {
				continue // no object: text, a part of one, several
			}
			line, err := json.Marshal(object)
			if err != nil {
				return err
			}
			out.Write(line)
			out.WriteByte('\n')
			lines++
		}
	}
	if lines < 100 {
		return errors.New("the golden scripts have hardly any objects")
	}
	full, err := fullObjects()
	if err != nil {
		return err
	}
	for _, line := range full {
		out.WriteString(line + "\n")
	}
	return os.WriteFile(file, []byte(out.String()), 0o600)
}

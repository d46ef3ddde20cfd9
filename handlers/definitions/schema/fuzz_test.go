package schema

import (
	"context"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

// rounds is how many schemas are made up; GATEHOUSE_TEST_SCHEMA_ROUNDS makes it more.
func rounds(t *testing.T, few int) int {
	if text := os.Getenv("GATEHOUSE_TEST_SCHEMA_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return few
}

// byLibraries is a schema that the libraries judge alone.
func byLibraries(text string) *Schema {
	s := newSchema(text)
	s.Scale = nil
	s.compiled.Store(&compiled{})
	return s
}

// pair is one schema, by nodes and by the libraries.
type pair struct {
	t         *testing.T
	text      string
	own, want *Schema
	steps     map[string]int
}

func newPair(t *testing.T, text string, steps map[string]int) *pair {
	p := &pair{t: t, text: text, own: newSchema(text), want: byLibraries(text), steps: steps}
	p.own.Scale = nil
	return p
}

// settle coerces and fills both ways; nil when it cannot be read.
func (p *pair) settle(o map[string]any, c Coercion) map[string]any {
	p.t.Helper()
	a, b := runtime.DeepCopyJSON(o), runtime.DeepCopyJSON(o)
	unknown, err := p.own.Coerce(a, c)
	wantUnknown, wantErr := p.want.Coerce(b, c)
	if (err == nil) != (wantErr == nil) {
		p.t.Fatalf("coerce: %v, want %v\n%s\n%s", err, wantErr, p.text, textOf(p.t, o))
	}
	p.steps["coerced"]++
	if err != nil {
		p.steps["refused"]++
		return nil
	}
	if !slices.Equal(unknown, wantUnknown) {
		p.t.Fatalf("unknown %q, want %q\n%s\n%s", unknown, wantUnknown, p.text, textOf(p.t, o))
	}
	if got, want := textOf(p.t, a), textOf(p.t, b); got != want {
		p.t.Fatalf("coerced\n%s, want\n%s, from\n%s\n%s", got, want, textOf(p.t, o), p.text)
	}
	p.own.Default(a)
	p.want.Default(b)
	if got, want := textOf(p.t, a), textOf(p.t, b); got != want {
		p.t.Fatalf("defaulted\n%s, want\n%s, from\n%s\n%s", got, want, textOf(p.t, o), p.text)
	}
	return a
}

// typeName is a name that the library makes up when it compiles.
var typeName = regexp.MustCompile(`selfType[0-9]+`)

func (p *pair) judge(w Write) (faults int) {
	p.t.Helper()
	texts := func(s *Schema) (out, warned []string) {
		w := w
		w.Warn = func(text string) { warned = append(warned, text) }
		for _, f := range s.Validate(context.Background(), w) {
			out = append(out, typeName.ReplaceAllString(f.Error(), "selfType"))
		}
		slices.Sort(out)
		slices.Sort(warned)
		return out, warned
	}
	got, warned := texts(p.own)
	want, wantWarned := texts(p.want)
	if !slices.Equal(got, want) || !slices.Equal(warned, wantWarned) {
		p.t.Fatalf("judged\n%q, want\n%q, warned %q, want %q\n%s\n%s\nold %s", got, want, warned, wantWarned, p.text, textOf(p.t, w.New), textOf(p.t, w.Old))
	}
	p.steps["judged"]++
	p.steps["warned"] += len(warned)
	if len(got) == 0 {
		p.steps["valid"]++
	}
	return len(got)
}

// try puts objects of a schema through all that happens to them.
func (p *pair) try(r *random, s map[string]any, objects int) {
	p.t.Helper()
	for range objects {
		sent := r.resource(s)
		o := p.settle(sent, Coercion{Track: true})
		p.settle(sent, Coercion{Stored: true})
		if o == nil {
			continue
		}
		p.judge(Write{New: o})
		next, ok := r.changed(o, s, 4).(map[string]any)
		if !ok || next["kind"] == nil {
			continue
		}
		p.judge(Write{New: next, Old: o})
		p.judge(Write{New: next, Old: o, Status: true})
		if n := p.own.compiled.Load().root; n != nil {
			p.steps["accepted"] += int(n.accept(o) / yes)
		}
	}
}

// TestAsTheLibraries: schemas and objects at random are pruned, defaulted and judged by nodes as by the libraries.
func TestAsTheLibraries(t *testing.T) {
	steps := map[string]int{}
	for i := range rounds(t, 80) {
		r := &random{Rand: rand.New(rand.NewSource(int64(i)))}
		s := r.schema(4, true)
		p := newPair(t, textOf(t, s), steps)
		if err := p.want.Ready(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.want.judge.get(); err != nil {
			t.Fatalf("%v: %s", err, p.text)
		}
		p.try(r, s, 12)
	}
	t.Log(steps)
	for _, step := range []string{"coerced", "refused", "judged", "valid", "accepted"} {
		if steps[step] == 0 {
			t.Errorf("nothing was %s", step)
		}
	}
}

// TestRulesAsTheLibrary is TestAsTheLibraries with rules in CEL.
func TestRulesAsTheLibrary(t *testing.T) {
	steps := map[string]int{}
	for i := range rounds(t, 60) {
		r := &random{Rand: rand.New(rand.NewSource(int64(i))), rules: true}
		s := r.schema(3, true)
		newPair(t, textOf(t, s), steps).try(r, s, 8)
	}
	t.Log(steps)
	for _, step := range []string{"judged", "valid", "warned"} {
		if steps[step] == 0 {
			t.Errorf("nothing was %s", step)
		}
	}
}

// TestDefinitions is TestAsTheLibraries with real definitions: the folder that GATEHOUSE_TEST_DEFINITIONS_FOLDER names has them as
// YAML.
func TestDefinitions(t *testing.T) {
	folder := os.Getenv("GATEHOUSE_TEST_DEFINITIONS_FOLDER")
	if folder == "" {
		t.Skip("no definitions")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	steps := map[string]int{}
	for _, d := range definitionsIn(t, files) {
		for i := range rounds(t, 20) {
			p := newPair(t, d.text, steps)
			p.try(&random{Rand: rand.New(rand.NewSource(int64(i)))}, d.schema, 5)
		}
	}
	t.Log(steps)
}

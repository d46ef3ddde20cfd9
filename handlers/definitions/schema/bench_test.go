package schema

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apiruntime "k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// benched is a good object of gadgets.
const benched = `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"name":"a","namespace":"b","labels":{"a":"b"},"generation":1,"uid":"u","creationTimestamp":"2020-01-01T00:00:00Z"},
"spec":{"size":3,"when":"2020-01-01T00:00:00Z","port":"http","free":{"a":{"b":1}},"tags":["a","b","c"],"parts":[{"name":"a"},{"name":"b","count":2}],"replicas":2,"limits":{"a":"b"}},"status":{"replicas":2}}`

// both runs a benchmark by nodes and by the libraries.
func both(b *testing.B, text string, run func(b *testing.B, s *Schema)) {
	for name, s := range map[string]*Schema{"nodes": newSchema(text), "libraries": byLibraries(text)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, s)
		})
	}
}

// BenchmarkRead is what happens to a body or a stored object once it is a map. The copy is made for the next round.
func BenchmarkRead(b *testing.B) {
	o := parse(b, benched)
	both(b, gadgets, func(b *testing.B, s *Schema) {
		for b.Loop() {
			o := apiruntime.DeepCopyJSON(o)
			if _, err := s.Coerce(o, Coercion{Track: true}); err != nil {
				b.Fatal(err)
			}
			s.Default(o)
		}
	})
	b.Run("copy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			apiruntime.DeepCopyJSON(o)
		}
	})
}

func benchmarkValidate(b *testing.B, text string, update bool) {
	o := parse(b, benched)
	both(b, text, func(b *testing.B, s *Schema) {
		w := Write{New: o}
		if update {
			w.Old = apiruntime.DeepCopyJSON(o)
		}
		for b.Loop() {
			if faults := s.Validate(context.Background(), w); len(faults) > 0 {
				b.Fatal(faults)
			}
		}
	})
}

// withoutRules is gadgets without CEL.
func withoutRules(t testing.TB) string {
	s := parse(t, gadgets)
	spec := s["properties"].(map[string]any)["spec"].(map[string]any)
	delete(spec, "x-kubernetes-validations")
	return textOf(t, s)
}

func BenchmarkCreate(b *testing.B)          { benchmarkValidate(b, withoutRules(b), false) }
func BenchmarkUpdate(b *testing.B)          { benchmarkValidate(b, withoutRules(b), true) }
func BenchmarkCreateWithRules(b *testing.B) { benchmarkValidate(b, gadgets, false) }
func BenchmarkUpdateWithRules(b *testing.B) { benchmarkValidate(b, gadgets, true) }

// BenchmarkReady is the first use of a version: by nodes, and what the libraries make of it without rules.
func BenchmarkReady(b *testing.B) {
	b.Run("nodes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := newSchema(gadgets).Ready(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("libraries", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := newSchema(gadgets).newJudge(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOwners is what account of owners costs a write: a create, an update of one field by another manager, and an apply of what
// was applied before.
func BenchmarkOwners(b *testing.B) {
	of, asked := newSchema(gadgets), 0
	object := func() *unstructured.Unstructured {
		u := &unstructured.Unstructured{Object: parse(b, benched)}
		of.Default(u.Object)
		return u
	}
	for name, quick := range map[string]bool{"nodes": true, "libraries": false} {
		m := ownersOf(of, quick, "", &asked)
		b.Run("create/"+name, func(b *testing.B) {
			b.ReportAllocs()
			o := object()
			for b.Loop() {
				o.SetManagedFields(nil)
				m.Track(nil, o, "one", time.Now())
			}
		})
		live := object()
		m.Track(nil, live, "one", time.Now())
		b.Run("update/"+name, func(b *testing.B) {
			b.ReportAllocs()
			next := live.DeepCopy()
			next.Object["spec"].(map[string]any)["color"] = "blue"
			entries := live.GetManagedFields()
			for b.Loop() {
				next.SetManagedFields(entries)
				m.Track(live, next, "two", time.Now())
			}
		})
		configuration := parse(b, with(`{"size":3,"tags":["a","b","c"],"parts":[{"name":"a"},{"name":"b","count":2}]}`))
		applied, err := m.Apply(resource.Applied{Configuration: configuration, Manager: "app"}, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		text := []byte(textOf(b, applied.(*unstructured.Unstructured).Object))
		b.Run("apply-again/"+name, func(b *testing.B) {
			b.ReportAllocs()
			a := resource.Applied{Live: applied, Text: func() ([]byte, error) { return text, nil }, Configuration: configuration, Manager: "app"}
			for b.Loop() {
				if _, err := m.Apply(a, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemory: a schema costs little before its first use and after, and a thousand that come and go, twice, leave nothing.
func TestMemory(t *testing.T) {
	texts := []definition{}
	for i := range 20 {
		texts = append(texts, definition{text: fmt.Sprintf(`{"type":"object","properties":{"n%d":{"type":"string"},"all":%s}}`, i, gadgets)})
	}
	if folder := os.Getenv("GATEHOUSE_TEST_DEFINITIONS_FOLDER"); folder != "" {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		texts = definitionsIn(t, files)
	}
	p := NewPool()
	const many = 1000
	make1000 := func(use bool) []*Schema {
		out := make([]*Schema, many)
		for i := range out {
			text := texts[i%len(texts)].text
			out[i] = p.New(Options{Kind: gadget, Text: func() ([]byte, error) { return []byte(text), nil }})
			if use {
				if err := out[i].Ready(); err != nil {
					t.Fatal(err)
				}
			}
		}
		return out
	}
	before := heap()
	idle := make1000(false)
	after := heap()
	t.Logf("idle: %d bytes a schema", (after-before)/many)
	if (after-before)/many > 2<<10 {
		t.Errorf("an idle schema takes %d bytes", (after-before)/many)
	}
	runtime.KeepAlive(idle)
	idle = nil
	var left [2]int64
	for round := range left {
		before := heap()
		used := make1000(true)
		t.Logf("used: %d bytes a schema, %d nodes for %d schemas", (heap()-before)/many, nodesIn(p), many)
		runtime.KeepAlive(used)
		used = nil
		soon(t, "nodes are left", func() bool { return nodesIn(p) == 0 })
		time.Sleep(10 * time.Millisecond)
		left[round] = heap()
	}
	t.Logf("left: %d and %d bytes, %d before", left[0], left[1], before)
	if grown := left[1] - left[0]; grown > left[0]/10 {
		t.Errorf("the second thousand left %d bytes", grown)
	}
	runtime.KeepAlive(p)
}

package schema

import (
	"context"
	"fmt"
	"math/rand"
	"runtime"
	"sync"
	"testing"
	"time"
)

// nodesIn is how many nodes a pool has.
func nodesIn(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.nodes)
}

// soon waits until a condition holds: what is collected is known some time after it was.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 200 {
		if is() {
			return
		}
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal(what)
}

// TestPoolShares: equal schemas are the same nodes whatever they are part of, unequal ones are not, and all go with the last schema
// that has them.
func TestPoolShares(t *testing.T) {
	p := NewPool()
	one := p.compile([]byte(`{"type":"object","properties":{"a":{"type":"string","description":"x","maxLength":3},"b":{"type":"object","properties":{"c":{"type":"string","maxLength":3}}}}}`))
	a, c := one.prop("a"), one.prop("b").prop("c")
	if a == nil || a != c {
		t.Error("equal schemas are not shared")
	}
	for _, text := range []string{
		`{"type":"string","maxLength":4}`, `{"type":"string","minLength":3}`, `{"type":"string"}`, `{"type":"integer","maxLength":3}`, `{"type":"string","maxLength":3,"nullable":true}`,
		`{"type":"string","maxLength":3,"default":"a"}`, `{"type":"string","maxLength":3,"enum":["a"]}`, `{"type":"string","maxLength":3,"format":"date"}`, `{"type":"string","maxLength":3,"pattern":"a"}`,
		`{"type":"string","maxLength":3,"not":{"enum":["a"]}}`, `{"type":"string","maxLength":3,"x-kubernetes-validations":[{"rule":"true"}]}`, `{"type":"string","maxLength":3,"maximum":3}`,
	} {
		if n := p.compile([]byte(text)); n == nil || n == a || n.id == a.id {
			t.Errorf("%s is shared with another schema", text)
		}
	}
	if p.compile([]byte(`{"type":"string","maxLength":3}`)) != a {
		t.Error("a schema that comes later is not shared")
	}
	if p.compile([]byte(`{"$ref":"x"}`)) != nil || p.compile([]byte(`{"type":5}`)) != nil {
		t.Error("a schema that is not structural was compiled")
	}
	soon(t, "what nobody has any more stays in the pool", func() bool { return nodesIn(p) == 3 })
	runtime.KeepAlive(one)
	soon(t, "the last nodes stay in the pool", func() bool { return nodesIn(p) == 0 })
}

// TestComeAndGo: schemas come and go at random while others are read, which -race watches; afterwards nothing is left.
func TestComeAndGo(t *testing.T) {
	p := NewPool()
	var texts []string
	var objects []map[string]any
	for i := range 30 {
		r := &random{Rand: rand.New(rand.NewSource(int64(i))), rules: i%3 == 0}
		s := r.schema(3, true)
		texts, objects = append(texts, textOf(t, s)), append(objects, r.resource(s))
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			r := rand.New(rand.NewSource(int64(g)))
			held := map[int]*Schema{}
			for range 60 {
				i := r.Intn(len(texts))
				s := held[i]
				if s == nil || r.Intn(4) == 0 {
					s = p.New(Options{Kind: gadget, Text: func() ([]byte, error) { return []byte(texts[i]), nil }})
					held[i] = s
				}
				o := parse(t, textOf(t, objects[i]))
				if _, err := s.Coerce(o, Coercion{Track: true}); err == nil {
					s.Default(o)
					s.Validate(context.Background(), Write{New: o})
				}
				delete(held, r.Intn(len(texts)))
				if r.Intn(50) == 0 {
					p.programs.dropBefore(time.Now())
				}
			}
		})
	}
	wait.Wait()
	soon(t, "nodes are left", func() bool { return nodesIn(p) == 0 })
}

// TestPrograms: compiled rules are shared by content, the oldest go when they take too much, and all go when nobody asks.
func TestPrograms(t *testing.T) {
	p := NewPool()
	rule := func(i int) *node {
		return p.compile([]byte(fmt.Sprintf(`{"type":"object","properties":{"a":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"self.a < %d"}]}`, i)))
	}
	size := rule(0).programSize()
	first, err := p.programs.of(rule(0), false)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	if again, _ := p.programs.of(rule(0), false); again != first {
		t.Error("the rules of equal schemas are compiled twice")
	}
	if root, _ := p.programs.of(rule(0), true); root == first {
		t.Error("the root of a resource has the rules of another")
	}
	for i := range programBytes/size + 10 {
		p.programs.lookup(rule(i), false, time.Now())
		p.programs.lookup(rule(0), false, time.Now())
	}
	if p.programs.size > programBytes {
		t.Errorf("%d bytes of programs", p.programs.size)
	}
	if again, _ := p.programs.of(rule(0), false); again != first {
		t.Error("what is used all the time was dropped")
	}
	p.programs.dropBefore(time.Now().Add(time.Hour))
	if len(p.programs.made) != 0 || p.programs.size != 0 {
		t.Errorf("%d programs of %d bytes are left", len(p.programs.made), p.programs.size)
	}
}

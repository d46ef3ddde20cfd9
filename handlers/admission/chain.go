package admission

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Named is a plugin with its name. The plugin is a Mutator, a Validator or both; it may be a Handler and an io.Closer.
type Named struct {
	Name   string
	Plugin any
}

// Meter counts what admission does. It returns functions that are called with how long a plugin, or a whole step, has taken for
// one request, and whether it refused that. step is admit or validate.
type Meter interface {
	Plugin(name, step, operation string) func(took time.Duration, rejected bool)
	Step(step, operation string) func(took time.Duration, rejected bool)
}

// Chain is the plugins in order, sorted beforehand by what they are asked about. It is safe for concurrent use if the plugins are.
// Nil admits everything.
type Chain struct {
	plugins []Named
	admit   [len(operations)]step
	judge   [len(operations)]step
}

// step is what is run for one operation.
type step struct {
	calls   []call
	observe func(time.Duration, bool)
}

type call struct {
	run     func(context.Context, *Attributes) error
	observe func(time.Duration, bool)
}

// NewChain joins plugins in their order. meter may be nil.
func NewChain(meter Meter, plugins ...Named) *Chain {
	c := &Chain{plugins: plugins}
	for i, op := range operations {
		if meter != nil {
			c.admit[i].observe, c.judge[i].observe = meter.Step("admit", string(op)), meter.Step("validate", string(op))
		}
		for _, p := range plugins {
			if h, ok := p.Plugin.(Handler); ok && !h.Handles(op) {
				continue
			}
			if m, ok := p.Plugin.(Mutator); ok {
				c.admit[i].add(m.Admit, meter, p.Name, "admit", op)
			}
			if v, ok := p.Plugin.(Validator); ok {
				c.judge[i].add(v.Validate, meter, p.Name, "validate", op)
			}
		}
	}
	return c
}

func (s *step) add(run func(context.Context, *Attributes) error, meter Meter, name, kind string, op Operation) {
	one := call{run: run}
	if meter != nil {
		one.observe = meter.Plugin(name, kind, string(op))
	}
	s.calls = append(s.calls, one)
}

// run asks one plugin after the other until one refuses.
func (s *step) run(ctx context.Context, a *Attributes) (err error) {
	begin := time.Now()
	last := begin
	for i := range s.calls {
		p := &s.calls[i]
		err = p.run(ctx, a)
		if p.observe != nil {
			now := time.Now()
			p.observe(now.Sub(last), err != nil)
			last = now
		}
		if err != nil {
			break
		}
	}
	if s.observe != nil {
		s.observe(time.Since(begin), err != nil)
	}
	return err
}

func of(steps *[len(operations)]step, op Operation) *step {
	for i, one := range operations {
		if one == op {
			return &steps[i]
		}
	}
	return &step{}
}

// Admit runs the mutators until one refuses.
func (c *Chain) Admit(ctx context.Context, a *Attributes) error {
	if c == nil {
		return nil
	}
	return of(&c.admit, a.Operation).run(ctx, a)
}

// Validate runs the validators until one refuses.
func (c *Chain) Validate(ctx context.Context, a *Attributes) error {
	if c == nil {
		return nil
	}
	return of(&c.judge, a.Operation).run(ctx, a)
}

// Names are the plugins of the chain in their order.
func (c *Chain) Names() (names []string) {
	for _, p := range c.plugins {
		names = append(names, p.Name)
	}
	return names
}

// Close closes the plugins that hold something, the last first.
func (c *Chain) Close() error {
	var errs []error
	for i := len(c.plugins) - 1; i >= 0; i-- {
		if closer, ok := c.plugins[i].Plugin.(io.Closer); ok {
			if err := closer.Close(); err != nil {
				errs = append(errs, fmt.Errorf("closing the admission plugin %s: %w", c.plugins[i].Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

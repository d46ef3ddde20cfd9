// Package admission decides, after authorization, whether an object may come in, and may change it on its way. Each
// plugin is in its own file; the chain runs them in the order in which they are given.
package admission

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Operation is what is done to an object.
type Operation string

const (
	Create  Operation = "CREATE"
	Update  Operation = "UPDATE"
	Delete  Operation = "DELETE"
	Connect Operation = "CONNECT"
)

// Attributes are what is to be admitted. Object is nil for a deletion, Old for a create.
type Attributes struct {
	Operation       Operation
	Resource        *resource.Resource
	Namespace, Name string
	Object, Old     object.Object
	User            *resource.UserInfo
	DryRun          bool
	// Warn sends warnings to the writer.
	Warn func(texts ...string)
}

// Mutator may change the object or refuse it.
type Mutator interface {
	Admit(ctx context.Context, a *Attributes) error
}

// Validator may refuse the object in its final form; it must not change it.
type Validator interface {
	Validate(ctx context.Context, a *Attributes) error
}

// Chain is the plugins in order; each is a Mutator, a Validator or both. Safe for concurrent use if the plugins are.
type Chain []any

// Admit runs the mutators until one refuses.
func (c Chain) Admit(ctx context.Context, a *Attributes) error {
	for _, p := range c {
		if m, ok := p.(Mutator); ok {
			if err := m.Admit(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// Validate runs the validators until one refuses.
func (c Chain) Validate(ctx context.Context, a *Attributes) error {
	for _, p := range c {
		if v, ok := p.(Validator); ok {
			if err := v.Validate(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

package plugins

import (
	"context"
	"errors"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// AlwaysDeny refuses every write and every connection.
type AlwaysDeny struct{}

func newAlwaysDeny(*Deps) any { return AlwaysDeny{} }

var errAlwaysDenied = errors.New("admission control is denying all modifications")

// Admit implements admission.Mutator.
func (AlwaysDeny) Admit(_ context.Context, a *admission.Attributes) error {
	return a.Forbidden(errAlwaysDenied)
}

// Validate implements admission.Validator.
func (d AlwaysDeny) Validate(ctx context.Context, a *admission.Attributes) error {
	return d.Admit(ctx, a)
}

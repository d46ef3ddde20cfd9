package queue

import (
	"context"

	"golang.org/x/time/rate"
)

// Pace bounds how much all controllers of a server do, so that requests keep most of its CPU. A nil Pace does not.
type Pace struct{ limiter *rate.Limiter }

// NewPace lets so many steps be made each second, and as many at once after a rest.
func NewPace(perSecond int) *Pace { return &Pace{rate.NewLimiter(rate.Limit(perSecond), perSecond)} }

// Take waits until another step may be made: the work on a key, or one write of it where there may be many.
func (p *Pace) Take(ctx context.Context) error {
	if p == nil {
		return ctx.Err()
	}
	return p.limiter.Wait(ctx)
}

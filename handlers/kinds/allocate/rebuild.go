package allocate

import (
	"context"
	"math/big"
)

// PortSet are node ports.
type PortSet map[int32]bool

// Range is the range of the ports, as the flag says it.
func (a *Ports) Range() string { return a.text }

// Rebuild replaces the ports that are taken by what f makes of them; has says whether the range has a port. When others take
// ports meanwhile f is asked again, so what it reads is newer than what it is given. Nothing is written when nothing changes.
func (a *Ports) Rebuild(ctx context.Context, f func(taken PortSet, has func(port int32) bool) (PortSet, error)) error {
	has := func(port int32) bool { return int(port) >= a.base && int(port) < a.base+a.size }
	return a.change(ctx, func(bits *big.Int) error {
		taken := PortSet{}
		for i := range bits.BitLen() {
			if bits.Bit(i) == 1 {
				taken[int32(a.base+i)] = true
			}
		}
		rebuilt, err := f(taken, has)
		if err != nil {
			return err
		}
		bits.SetInt64(0)
		for port := range rebuilt {
			if has(port) {
				bits.SetBit(bits, int(port)-a.base, 1)
			}
		}
		return nil
	})
}

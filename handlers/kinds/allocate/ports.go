package allocate

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Ports allocates node ports in a bitmap that all servers share. It is written by compare-and-swap with retries, so a port is
// allocated once.
type Ports struct {
	d             *kind.Deps
	base, size    int
	text          string
	errOutOfRange error
}

var errPortTaken = fmt.Errorf("provided port is %w", ErrTaken)

// NewPorts makes the allocator of a server's range.
func NewPorts(d *kind.Deps) *Ports {
	low, high, _ := strings.Cut(d.NodePorts, "-")
	base, err := strconv.Atoi(low)
	last, err2 := strconv.Atoi(high)
	if err != nil || err2 != nil || base < 1 || last > 65535 || last < base {
		base, last = 30000, 32767
	}
	text := fmt.Sprintf("%d-%d", base, last)
	return &Ports{d: d, base: base, size: last - base + 1, text: text,
		errOutOfRange: fmt.Errorf("provided port is not in the valid range. The range of valid ports is %s", text)}
}

// Operation has the allocations of one attempt of a write. It is used by one goroutine.
type Operation struct {
	a       *Ports
	attempt *resource.Attempt
	// taken are the ports that a dry run would have allocated, last the highest of them; stored are the allocated ones.
	taken  map[int32]bool
	last   int32
	stored *big.Int
}

// Start begins an attempt of a write.
func (a *Ports) Start(attempt *resource.Attempt) *Operation {
	return &Operation{a: a, attempt: attempt}
}

// Take allocates a given port. One that this attempt has allocated before is taken, too.
func (o *Operation) Take(ctx context.Context, port int32) error {
	i := int(port) - o.a.base
	inRange := i >= 0 && i < o.a.size
	if o.attempt.DryRun {
		if o.stored == nil {
			var err error
			if o.stored, err = o.a.read(ctx); err != nil {
				return err
			}
		}
		if o.taken[port] || inRange && o.stored.Bit(i) == 1 {
			return errPortTaken
		}
		o.take(port)
		return nil
	}
	if !inRange {
		return o.a.errOutOfRange
	}
	if err := o.a.change(ctx, func(bits *big.Int) error {
		if bits.Bit(i) == 1 {
			return errPortTaken
		}
		bits.SetBit(bits, i, 1)
		return nil
	}); err != nil {
		return err
	}
	o.undo(ctx, port)
	return nil
}

// firstShown is the port before the first one that a dry run makes up.
const firstShown = 32768

// Next allocates any port. A dry run makes one up without an allocation.
func (o *Operation) Next(ctx context.Context) (int32, error) {
	if o.attempt.DryRun {
		last := int32(firstShown)
		if len(o.taken) > 0 {
			last = o.last
		}
		o.take(last + 1)
		return last + 1, nil
	}
	var port int32
	err := o.a.change(ctx, func(bits *big.Int) error {
		i := o.a.free(bits)
		if i < 0 {
			return ErrFull
		}
		bits.SetBit(bits, i, 1)
		port = int32(o.a.base + i)
		return nil
	})
	if err != nil {
		return 0, err
	}
	o.undo(ctx, port)
	return port, nil
}

// take records an allocation of a dry run.
func (o *Operation) take(port int32) {
	if o.taken == nil {
		o.taken = map[int32]bool{}
	}
	o.taken[port], o.last = true, max(o.last, port)
}

func (o *Operation) undo(ctx context.Context, port int32) {
	ctx = context.WithoutCancel(ctx)
	o.attempt.OnFailure(func() { o.a.Release(ctx, port) })
}

// Free releases a port once the write is stored.
func (o *Operation) Free(port int32) {
	if !o.attempt.DryRun {
		o.attempt.OnStored(func() { o.a.Release(context.Background(), port) })
	}
}

// free is an unset bit, from the upper band first, which leaves the lower band for given ports; -1 if there is none.
func (a *Ports) free(bits *big.Int) int {
	fixed := int(band(uint64(a.size), 32, 128))
	for _, b := range [][2]int{{fixed, a.size}, {0, fixed}} {
		n := b[1] - b[0]
		if n == 0 {
			continue
		}
		start := a.d.Rand(n)
		for i := range n {
			if k := b[0] + (start+i)%n; bits.Bit(k) == 0 {
				return k
			}
		}
	}
	return -1
}

// Release releases ports. When it fails they stay allocated, which is a leak and nothing worse.
func (a *Ports) Release(ctx context.Context, ports ...int32) {
	var mask []int
	for _, p := range ports {
		if i := int(p) - a.base; i >= 0 && i < a.size {
			mask = append(mask, i)
		}
	}
	if len(mask) == 0 {
		return
	}
	err := a.change(ctx, func(bits *big.Int) error {
		for _, i := range mask {
			bits.SetBit(bits, i, 0)
		}
		return nil
	})
	if err != nil {
		a.d.Log.Error("cannot release node ports", "ports", ports, "error", err)
	}
}

// change applies f to the stored bitmap. An error of f ends it unchanged.
func (a *Ports) change(ctx context.Context, f func(*big.Int) error) error {
	store := a.d.Store
	for {
		_, err := storage.Update(ctx, store, resource.NodePorts, 0, func(kv storage.KeyValue) ([]byte, error) {
			r, err := decodeRange(kv.Value)
			if err != nil {
				return nil, err
			}
			if r.text != a.text {
				// The operator has changed the range, so the bits have another base now.
				r.rebase(a.text, a.base, a.size)
			}
			bits := new(big.Int).SetBytes(r.data)
			if err := f(bits); err != nil {
				return nil, err
			}
			r.data = bits.Bytes()
			return r.encode(), nil
		})
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if _, err := store.Create(ctx, resource.NodePorts, (&rangeAllocation{text: a.text}).encode(), 0); err != nil && !errors.Is(err, storage.ErrExists) {
			return fmt.Errorf("create the range of node ports: %w", err)
		}
	}
}

// read reads the stored bitmap.
func (a *Ports) read(ctx context.Context) (*big.Int, error) {
	kv, _, err := a.d.Store.Get(ctx, resource.NodePorts)
	if errors.Is(err, storage.ErrNotFound) {
		return new(big.Int), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the range of node ports: %w", err)
	}
	r, err := decodeRange(kv.Value)
	if err != nil {
		return nil, err
	}
	if r.text != a.text {
		r.rebase(a.text, a.base, a.size)
	}
	return new(big.Int).SetBytes(r.data), nil
}

// Taken is the number of allocated ports.
func (a *Ports) Taken(ctx context.Context) (int, error) {
	kv, _, err := a.d.Store.Get(ctx, resource.NodePorts)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the range of node ports: %w", err)
	}
	r, err := decodeRange(kv.Value)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, b := range r.data {
		n += bits.OnesCount8(b)
	}
	return n, nil
}

package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// BatchOptions say how events are collected before they are handed on.
type BatchOptions struct {
	// Buffer is how many events may wait; more are lost.
	Buffer int
	// MaxSize and MaxWait are how many events, and how old the first one, make a batch.
	MaxSize int
	MaxWait time.Duration
	// Throttle limits the batches in a second to QPS, with bursts of Burst.
	Throttle bool
	QPS      float32
	Burst    int
}

// Batch hands events on from a goroutine of its own, so that no request waits for them. Make one with NewBatch.
type Batch struct {
	inner   Sink
	options BatchOptions
	limit   *rate.Limiter
	log     *slog.Logger
	// mu orders Process against Close: nothing is sent to a closed channel.
	mu     sync.RWMutex
	closed bool
	events chan *Event
	done   chan struct{}
	// stop ends the throttling, for the last batches.
	stop   context.Context
	finish context.CancelFunc
}

// NewBatch starts the goroutine, which Close ends.
func NewBatch(inner Sink, o BatchOptions, log *slog.Logger) *Batch {
	b := &Batch{inner: inner, options: o, log: log, events: make(chan *Event, o.Buffer), done: make(chan struct{})}
	if o.Throttle {
		b.limit = rate.NewLimiter(rate.Limit(o.QPS), o.Burst)
	}
	b.stop, b.finish = context.WithCancel(context.Background())
	go b.run()
	return b
}

// Process puts events into the buffer. Those that find no place are lost, which is logged; the requests go on all the same.
func (b *Batch) Process(events ...*Event) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, e := range events {
		if b.closed {
			b.log.Error("an audit event came after the end and is lost", "auditID", e.AuditID)
			continue
		}
		select {
		case b.events <- e:
		default:
			b.log.Error("the buffer of audit events is full; one is lost", "auditID", e.AuditID)
		}
	}
	return true
}

// Close hands on what is in the buffer and returns when that is done.
func (b *Batch) Close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.events)
		b.finish()
	}
	b.mu.Unlock()
	<-b.done
	b.inner.Close()
}

func (b *Batch) run() {
	defer close(b.done)
	for more := true; more; {
		var batch []*Event
		if batch, more = b.collect(); len(batch) == 0 {
			continue
		}
		if b.limit != nil {
			_ = b.limit.Wait(b.stop) // at the end nobody waits any more
		}
		b.inner.Process(batch...)
	}
}

// collect waits for the first event of a batch and then for the others. False after the last one.
func (b *Batch) collect() ([]*Event, bool) {
	e, ok := <-b.events
	if !ok {
		return nil, false
	}
	batch := []*Event{e}
	if b.options.MaxSize <= 1 {
		return batch, true
	}
	wait := time.NewTimer(b.options.MaxWait)
	defer wait.Stop()
	for len(batch) < b.options.MaxSize {
		select {
		case e, ok := <-b.events:
			if !ok {
				return batch, false
			}
			batch = append(batch, e)
		case <-wait.C:
			return batch, true
		}
	}
	return batch, true
}

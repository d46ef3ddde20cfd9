package consistency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// pause keeps readers from writing a history in which nothing but reads happens, and what finds nobody from asking again
// at once.
const pause = 2 * time.Millisecond

// serial numbers all values that are written.
var serial atomic.Int64

// writer writes until the context ends, mostly about what it saw last. After an answer that leaves open what happened it
// reads until it gets an answer again: writes into an outage would only make the history hard to check.
func writer(ctx context.Context, a *api, keys []string, random *rand.Rand) {
	for ctx.Err() == nil {
		key := keys[random.IntN(len(keys))]
		seen := a.run(ctx, operation{kind: get, key: key})
		if seen.outcome == unknown {
			rest(ctx, 10*pause)
			continue
		}
		o := operation{key: key, seen: seen.got, value: fmt.Sprintf("w%d-%d", a.id, serial.Add(1))}
		switch n := random.IntN(100); {
		case seen.outcome == absent && n < 90:
			o.kind = create
		case n < 30:
			o.kind = put
		case n < 55:
			o.kind = patch
		case n < 70:
			o.kind = patchSeen
		case n < 80:
			o.kind = remove
		case n < 90:
			o.kind = removeSeen
		default:
			o.kind = create
		}
		if seen.outcome == absent && (o.kind == put || o.kind == patchSeen || o.kind == removeSeen) {
			o.kind = patch // there is nothing that was seen
		}
		a.run(ctx, o)
	}
}

// reader reads in every way until the context ends.
func reader(ctx context.Context, a *api, keys []string, start int64, random *rand.Rand) {
	for ctx.Err() == nil {
		answered := true
		switch n := random.IntN(100); {
		case n < 40:
			answered = a.run(ctx, operation{kind: get, key: keys[random.IntN(len(keys))]}).outcome != unknown
		case n < 65:
			answered = a.list(ctx, newest, 0)
		case n < 75:
			answered = a.list(ctx, anyVersion, 0)
		case n < 85:
			answered = a.list(ctx, notOlder, max(start, a.h.known()))
		case n < 95:
			known := max(start, a.h.known())
			answered = a.list(ctx, exact, start+random.Int64N(known-start+1))
		default:
			answered = a.list(ctx, pages, 0)
		}
		if rest(ctx, pause); !answered {
			rest(ctx, 10*pause)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

package informers

import (
	"context"
	"fmt"
	"path"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// change is one write of a config map.
type change struct {
	key      string
	revision int64
	gone     bool
}

// history is what etcd says has happened to the config maps of a namespace.
type history struct {
	prefix  string
	through int64
	changes []change
}

// extend reads on up to a change that is known to be there. It has to come before etcd forgets.
func (h *history) extend(e *env, end int64) {
	e.t.Helper()
	if h.through >= end {
		return
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	watch := e.etcd.Watch(clientv3.WithRequireLeader(ctx), h.prefix, clientv3.WithPrefix(), clientv3.WithRev(h.through+1))
	for answer := range watch {
		if err := answer.Err(); err != nil {
			e.t.Fatalf("etcd's history from %d: %v", h.through, err)
		}
		for _, event := range answer.Events {
			h.changes = append(h.changes, change{path.Base(string(event.Kv.Key)), event.Kv.ModRevision, event.Type == clientv3.EventTypeDelete})
			if h.through = event.Kv.ModRevision; h.through == end {
				return
			}
		}
	}
	e.t.Fatalf("etcd's history ends at %d, before %d", h.through, end)
}

// state is the revision of each key at a revision of the store.
func (h *history) state(revision int64) map[string]int64 {
	out := map[string]int64{}
	for _, c := range h.changes {
		if c.revision > revision {
			break
		}
		if out[c.key] = c.revision; c.gone {
			delete(out, c.key)
		}
	}
	return out
}

// between are the changes after a revision up to another one.
func (h *history) between(after, through int64) []change {
	var out []change
	for _, c := range h.changes {
		if c.revision > after && c.revision <= through {
			out = append(out, c)
		}
	}
	return out
}

// first says where two runs of changes begin to differ; nothing when they do not.
func first(got, want []change) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%v and %d more are missing at the end", want[i], len(want)-i-1)
		case i >= len(want):
			return fmt.Sprintf("%v is more than happened", got[i])
		case got[i] != want[i]:
			return fmt.Sprintf("change %d of %d is %v, want %v", i, len(want), got[i], want[i])
		}
	}
	return ""
}

package etcd

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/metadata"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// feedPatience is how long feeds may be silent when they were asked for their progress, which reads wait for. The next stream may
// come to the same member again, so several must fit into the time for which those wait.
const feedPatience = 700 * time.Millisecond

var errSilent = fmt.Errorf("the member that feeds is silent: %w", storage.ErrUnavailable)

// hearing notices that nothing comes over the stream of the feeds, long before a keepalive would, and has them begin a new
// one, which goes to the next member. It is looked at when somebody asks: a feed that nobody waits for may be silent.
type hearing struct {
	mu sync.Mutex
	// feeds are all there are; asked is when the first question was put that has not been answered, or zero.
	feeds map[*feed]bool
	asked time.Time
	// silent is closed to end the present stream; made when a feed listens.
	silent chan struct{}
}

// begin notes a feed, end takes it back.
func (h *hearing) begin(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feeds == nil {
		h.feeds = map[*feed]bool{}
	}
	h.feeds[f] = true
}

func (h *hearing) end(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.feeds, f)
}

// listen is closed when the stream that begins now is to be left.
func (h *hearing) listen() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silent == nil {
		h.silent, h.asked = make(chan struct{}), time.Time{}
	}
	return h.silent
}

// heard notes an answer to any request, and the events that a feed is about to deliver with it.
func (h *hearing) heard(f *feed, through int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = time.Time{}
	f.told = max(f.told, through)
}

// told is the newest revision that any feed has told.
func (h *hearing) told() (revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range h.feeds {
		revision = max(revision, f.told)
	}
	return revision
}

// wentBack ends the feeds that have told more than a revision, which is etcd's newest: it was restored from a backup. What they
// have told is void, and etcd would let them wait until it has as many revisions again.
func (h *hearing) wentBack(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range h.feeds {
		f.void = f.void || f.told > revision
	}
	if h.silent != nil {
		close(h.silent)
		h.silent = nil
	}
}

func (h *hearing) isVoid(f *feed) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return f.void
}

// ask notes a question and says whether there is anybody to put it to. Feeds that have not answered the last ones for too
// long leave their stream instead.
func (h *hearing) ask(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.feeds) == 0 || h.silent == nil:
		return false
	case h.asked.IsZero():
		h.asked = now
	case now.Sub(h.asked) > feedPatience:
		close(h.silent)
		h.silent = nil
		return false
	}
	return true
}

// feedContext is that of the feeds' stream. The client keeps one stream for each set of metadata: with words of their own the
// feeds share theirs with no other watch, so that it ends when they leave it.
func feedContext(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(clientv3.WithRequireLeader(ctx), "stream", "feed")
}

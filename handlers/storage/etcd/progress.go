package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// watching is what a watch goes through, and what to do with it after. Over a connection all watches share the client's
// one stream.
//
// In process each has a stream of its own. The pipe there holds no messages: once more watches of one stream end at the
// same time than etcd can answer, both sides send, neither reads, and all watches stand still.
func (s *Store) watching() (w clientv3.Watcher, done func()) {
	if s.inProcess == nil {
		return s.client.Watcher, func() {}
	}
	w = clientv3.NewWatchFromWatchClient(s.inProcess, s.client)
	// Closing gives up the stream also when the watch ended before it began; it has no other failures.
	return w, func() { _ = w.Close() }
}

// progressLoop asks etcd to tell all watches how far it is. etcd would do so by itself only every ten minutes, unless
// its operator chose otherwise. The answer comes as bookmarks, and only once every watch on the stream is up to date. In
// process the embedded server is set to the pace that is wanted instead.
func (s *Store) progressLoop(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		if s.watchers.Load() == 0 {
			continue
		}
		// The client keeps one stream per set of metadata: the same as in follow, or nobody would hear the answer.
		ctx, cancel := context.WithTimeout(clientv3.WithRequireLeader(s.ctx), interval)
		if err := s.client.RequestProgress(ctx); err != nil && s.ctx.Err() == nil {
			s.log.Debug("asking etcd for progress failed", "err", err)
		}
		cancel()
	}
}

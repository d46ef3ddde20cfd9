package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// progressLoop asks etcd to tell all watches how far it is. etcd would do so by itself only every ten minutes, unless
// its operator chose otherwise. The answer comes as bookmarks, and only once every watch on the stream is up to date.
func (s *Store) progressLoop(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(s.ctx, interval)
		s.RequestProgress(ctx)
		// Where nobody reads, only this notices an etcd that went back in time; what else it may find out is told to those who ask.
		_, _ = s.Revision(ctx)
		if s.watchers.Load() == 0 {
			cancel()
			continue
		}
		// The client keeps one stream per set of metadata: the same as in follow, or nobody would hear the answer.
		if err := s.client.RequestProgress(clientv3.WithRequireLeader(ctx)); err != nil && s.ctx.Err() == nil {
			s.log.Debug("asking etcd for progress failed", "err", err)
		}
		cancel()
	}
}

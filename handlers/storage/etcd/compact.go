package etcd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

var rpcCompacted = rpctypes.ErrCompacted

// compactKey is how all servers on one etcd agree who compacts; upstream's use it too. It lies outside the prefix.
// Its value is the revision compacted to, and its version counts the rounds.
const compactKey = "compact_rev_key"

// Compact implements storage.Compactor.
func (s *Store) Compact(ctx context.Context, revision int64) error {
	if _, err := s.client.Compact(ctx, revision); err != nil {
		return s.wrap(ctx, "compact to "+strconv.FormatInt(revision, 10), err)
	}
	return nil
}

// compactLoop drops, every interval, what is older than an interval.
func (s *Store) compactLoop(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var seen round
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(s.ctx, interval)
		next, err := s.compactRound(ctx, seen)
		cancel()
		if err != nil && s.ctx.Err() == nil {
			s.log.Warn("compaction failed, trying again later", "err", err)
		}
		seen = next
	}
}

// round is what a server remembers from one tick to the next: how many rounds there have been, and the revision then.
type round struct{ number, revision int64 }

// compactRound compacts to the revision seen a round ago, if no other server came first since. The round is claimed
// by a compare-and-swap on its number; a loser takes over the number and waits an interval like all others,
// so a server that dies is replaced after at most two.
func (s *Store) compactRound(ctx context.Context, seen round) (round, error) {
	resp, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.Version(compactKey), "=", seen.number)).
		Then(clientv3.OpPut(compactKey, strconv.FormatInt(seen.revision, 10))).
		Else(clientv3.OpGet(compactKey)).
		Commit()
	if err != nil {
		return seen, fmt.Errorf("claim compaction round %d: %w", seen.number+1, err)
	}
	now := round{number: seen.number + 1, revision: resp.Header.GetRevision()}
	if !resp.Succeeded {
		// The key may be gone instead of ahead: somebody removed it, and the count begins anew.
		now.number = 0
		if kvs := resp.Responses[0].GetResponseRange().GetKvs(); len(kvs) > 0 {
			now.number = kvs[0].Version
		}
		return now, nil
	}
	if seen.revision == 0 {
		return now, nil
	}
	if _, err := s.client.Compact(ctx, seen.revision); err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		return now, fmt.Errorf("compact to %d: %w", seen.revision, err)
	}
	return now, nil
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// electionRetry is how soon the member is told again; the first times it may still be busy applying its own membership.
const electionRetry = 500 * time.Microsecond

// elect makes the only member leader now. A raft member waits a random time, up to a second or two, for a leader to show
// itself, which is nearly all of etcd's start-up; nobody else can, so it is told to campaign at once, with the message by
// which a leader hands over. That would be wrong with other members, so a directory that knows of any is refused.
func elect(ctx context.Context, server *etcdserver.EtcdServer) error {
	if n := len(server.Cluster().Members()); n > 1 {
		return fmt.Errorf("the data belong to a cluster of %d members; run it as etcd and connect to it instead", n)
	}
	self := uint64(server.MemberID())
	campaign := &raftpb.Message{Type: raftpb.MsgTimeoutNow.Enum(), To: proto.Uint64(self), From: proto.Uint64(self)}
	ready := false
	for server.Lead() == 0 {
		// While the log is replayed raft must be left alone (see catchUpEntries), and a campaign would come to nothing. One
		// round more than needed, because raft itself notes a little later than the server that a batch is applied.
		replayed := server.CommittedIndex() > 0 && server.AppliedIndex() >= server.CommittedIndex()
		if !ready || !replayed {
			ready = replayed
			if err := pause(ctx, server); err != nil {
				return err
			}
			continue
		}
		if err := server.Process(ctx, proto.Clone(campaign).(*raftpb.Message)); err != nil {
			return fmt.Errorf("elect the only member: %w", err)
		}
		if err := pause(ctx, server); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, server *etcdserver.EtcdServer) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("elect the only member: %w", ctx.Err())
	case <-server.StopNotify():
		return errors.New("stopped while it started")
	case <-time.After(electionRetry):
		return nil
	}
}

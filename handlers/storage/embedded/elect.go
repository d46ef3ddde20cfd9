package embedded

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"math"
	"sync"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/raft/v3"
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
	for server.Lead() == 0 {
		// While the log is replayed raft must be left alone: a campaign would come to nothing. Raft notes later than the
		// server that a batch is applied, and it panics when it is told to campaign while the server has already thrown
		// away a part of what raft takes for unapplied. So it is raft's own word that counts.
		replayed := server.CommittedIndex() > 0 && server.AppliedIndex() >= server.CommittedIndex()
		if !replayed || raftApplied() < server.AppliedIndex() {
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

// settle returns when everything that the log had at the election is applied. A crash leaves acknowledged writes in it that it
// does not yet call committed; they are committed with the first entry of the new term, and raft lets the only member read
// before that.
func settle(ctx context.Context, server *etcdserver.EtcdServer) error {
	for {
		status, told := raftStatus()
		// A leader matches its own log: first what that had, then what it has written too.
		if !told || status.RaftState == raft.StateLeader && status.GetCommit() >= status.Progress[status.ID].Match && server.AppliedIndex() >= status.GetCommit() {
			return nil
		}
		if err := pause(ctx, server); err != nil {
			return err
		}
	}
}

// starting is held from the making of a server to its election: etcd tells the state of one raft node per process, the one
// that was made last.
var starting sync.Mutex

// raftStatus is what raft says of itself; false when etcd does not tell. The caller holds starting.
func raftStatus() (raft.Status, bool) {
	if f, ok := expvar.Get("raft.status").(expvar.Func); ok {
		if status, ok := f.Value().(raft.Status); ok {
			return status, true
		}
	}
	return raft.Status{}, false
}

// raftApplied is how far raft knows the log to be applied.
func raftApplied() uint64 {
	if status, ok := raftStatus(); ok {
		return status.Applied
	}
	return math.MaxUint64 // then only the server's word is left
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

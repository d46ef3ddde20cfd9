package embedded

import (
	"fmt"
	"math"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.etcd.io/etcd/client/pkg/v3/types"
	etcdconfig "go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/features"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"
)

const (
	defaultQuota = 8 << 30
	// Boot decodes the whole log twice, so it is kept short: small segments, and a snapshot (which only notes how far the
	// database is) after few entries. Measured with 10,000 pods: half the boot time of the defaults.
	segmentBytes  = 4 << 20
	snapshotEvery = 500
	// Entries kept in memory behind the applied one, see trimLog: usually the fewest.
	fewestEntries = 100
	mostEntries   = 2500
	// longLog is how many entries are to be replayed when it was another server that wrote them: much more than one that
	// makes a snapshot every snapshotEvery leaves.
	longLog = 2 * snapshotEvery
	// How many writes share one commit of the database. Ten times less than the default halves the slowest writes at
	// the same throughput.
	batchLimit = 1000

	// Name and addresses are those that a bare etcd gives itself, so that it accepts the directory as its own.
	memberName = "default"
	peerURL    = "http://localhost:2380"
	clientURL  = "http://localhost:2379"
)

// The size of segments is a global of etcd's. It is set before anything runs: other etcd servers in the process read it.
func init() { wal.SegmentSizeBytes = segmentBytes }

func config(o Options, log *zap.Logger) (etcdconfig.ServerConfig, error) {
	peers, err := types.NewURLs([]string{peerURL})
	if err != nil {
		return etcdconfig.ServerConfig{}, fmt.Errorf("peer address: %w", err)
	}
	clients, err := types.NewURLs([]string{clientURL})
	if err != nil {
		return etcdconfig.ServerConfig{}, fmt.Errorf("client address: %w", err)
	}
	quota := o.QuotaBytes
	if quota == 0 {
		quota = defaultQuota
	}
	return etcdconfig.ServerConfig{
		Name: memberName, PeerURLs: peers, ClientURLs: clients,
		InitialPeerURLsMap: types.URLsMap{memberName: peers}, InitialClusterToken: "etcd-cluster", NewCluster: true,
		DataDir: o.DataDir, UnsafeNoFsync: o.UnsafeNoFsync,
		SnapshotCount: snapshotEvery, SnapshotCatchUpEntries: mostEntries, MaxSnapFiles: 5, MaxWALFiles: 5,
		BackendBatchLimit: batchLimit, BackendFreelistType: bolt.FreelistMapType, QuotaBackendBytes: quota,
		// The election time also decides the shortest lease: one and a half of it.
		TickMs: 100, ElectionTicks: 10, InitialElectionTickAdvance: true, PreVote: true,
		MaxRequestBytes: 1536 << 10, MaxTxnOps: 128, MaxConcurrentStreams: math.MaxUint32,
		WarningApplyDuration: 100 * time.Millisecond, WarningUnaryRequestDuration: 300 * time.Millisecond,
		StrictReconfigCheck: true, MaxLearners: 1,
		AuthToken: "simple", BcryptCost: 10, TokenTTL: 300,
		WatchProgressNotifyInterval: o.Store.BookmarkInterval,
		CompactionBatchLimit:        1000, CompactionSleepInterval: 10 * time.Millisecond,
		CompactHashCheckTime: time.Minute, DowngradeCheckTime: 5 * time.Second,
		V2Deprecation: etcdconfig.V2DeprDefault, ServerFeatureGate: features.NewDefaultServerFeatureGate(memberName, log),
		Metrics: "basic", Logger: log,
	}, nil
}

package etcd

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Size implements storage.Sizer: the size of the member that the connection leads to. The client's own Status would open
// a connection for each question.
func (s *Store) Size(ctx context.Context) (int64, error) {
	if s.ctx.Err() != nil {
		return 0, errClosed
	}
	status, err := clientv3.RetryMaintenanceClient(s.client, s.client.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return 0, s.wrap(ctx, "read the size", err)
	}
	return status.DbSize, nil
}

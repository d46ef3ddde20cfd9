package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// A read is put again, to the next member, when one has not answered for so long. Every new try is given longer, so that
	// a cluster which is merely slow gets to answer.
	readPatience = 500 * time.Millisecond
	morePatience = 3
	// pagePatience is that of a read of many pairs.
	pagePatience = 5 * time.Second
)

// read asks for one key or a range. A member that hangs keeps its connections until a keepalive notices, and a third of the
// questions would go to it until then. A read may be put twice, so nobody has to wait for that.
func (s *Store) read(ctx context.Context, patience time.Duration, key string, o ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if s.local {
		return s.client.Get(ctx, key, o...)
	}
	for ; ; patience *= morePatience {
		try, cancel := context.WithTimeout(ctx, patience)
		resp, err := s.client.Get(try, key, o...)
		silent := try.Err() != nil
		cancel()
		if err == nil || !silent || ctx.Err() != nil || s.ctx.Err() != nil {
			return resp, err
		}
	}
}

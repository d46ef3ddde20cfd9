package etcd

import (
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// errEmptyKey is said before etcd is asked: in a range request an empty key would mean everything.
var errEmptyKey = errors.New("key is empty")

// pair is what etcd holds, with the key as callers know it.
func (s *Store) pair(kv *mvccpb.KeyValue) storage.KeyValue {
	return storage.KeyValue{Key: s.key(kv), Value: value(kv), Revision: kv.ModRevision}
}

func (s *Store) key(kv *mvccpb.KeyValue) string { return s.keys.Key(kv.Key) }

// value is never nil: nil means "no object" in the Store interface, and protobuf cannot tell an empty value from none.
func value(kv *mvccpb.KeyValue) []byte {
	if kv.Value == nil {
		return []byte{}
	}
	return kv.Value
}

// span is the range of etcd keys under a prefix, [start, end).
func (s *Store) span(prefix string) (start, end string) {
	start = s.keys.Place(prefix)
	if start == "" {
		return "\x00", "\x00"
	}
	return start, clientv3.GetPrefixRangeEnd(start)
}

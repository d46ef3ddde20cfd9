package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// A list is read in pages so that no single answer holds up etcd, or the connection, for long. Pages grow, because
	// each costs etcd a walk of the whole range to count what is left.
	firstPage = 500
	lastPage  = 10_000
	// pageBytes bounds a page of large objects; the next page is sized by the average of the one before.
	pageBytes = 16 << 20
	// An unlimited list that is overtaken by compaction between two pages begins anew, this often.
	listAttempts = 3
)

// List implements storage.Store. All pages are read at the revision of the first.
func (s *Store) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	for attempt := 1; ; attempt++ {
		result, err := s.list(ctx, prefix, o)
		if err == nil {
			return result, nil
		}
		if o.Revision == 0 && errors.Is(err, rpcCompacted) && attempt < listAttempts {
			continue
		}
		return storage.ListResult{}, s.wrap(ctx, "list "+prefix, err)
	}
}

func (s *Store) list(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	start, end := s.span(prefix)
	if from := s.keys.Place(o.From); o.From != "" && from > start {
		start = from
		// etcd reads an empty or inverted range as an error or as one key; for us it is past the last item.
		if end != "\x00" && start >= end {
			revision := o.Revision
			if revision == 0 {
				var err error
				if revision, err = s.Revision(ctx); err != nil {
					return storage.ListResult{}, err
				}
			}
			return storage.ListResult{Revision: revision}, nil
		}
	}
	result := storage.ListResult{Revision: o.Revision}
	err := s.pages(ctx, start, end, o.Revision, o.Limit, func(page *clientv3.GetResponse) error {
		if result.Revision == 0 {
			result.Revision = page.Header.GetRevision()
		}
		if result.Items == nil {
			n := page.Count
			if o.Limit > 0 {
				n = min(n, o.Limit)
			}
			result.Items = make([]storage.KeyValue, 0, n)
		}
		for _, kv := range page.Kvs {
			result.Items = append(result.Items, s.pair(kv))
		}
		result.Remaining = page.Count - int64(len(page.Kvs))
		return nil
	})
	if err != nil {
		return storage.ListResult{}, err
	}
	return result, nil
}

// Load implements storage.Feeder.
func (s *Store) Load(ctx context.Context, take func([]storage.KeyValue) error) (revision int64, err error) {
	start, end := s.span("/")
	var refused error
	err = s.pages(ctx, start, end, 0, 0, func(page *clientv3.GetResponse) error {
		if revision == 0 {
			revision = page.Header.GetRevision()
		}
		items := make([]storage.KeyValue, len(page.Kvs))
		for i, kv := range page.Kvs {
			items[i] = s.pair(kv)
		}
		refused = take(items)
		return refused
	})
	if refused != nil {
		return 0, refused
	}
	if err != nil {
		return 0, s.wrap(ctx, "load", err)
	}
	return revision, nil
}

// pages reads the range at one revision, 0 being the newest, until take has had limit pairs or, where that is 0, all.
func (s *Store) pages(ctx context.Context, start, end string, revision, limit int64, take func(*clientv3.GetResponse) error) error {
	had := int64(0)
	for page := int64(firstPage); ; {
		if limit > 0 {
			page = min(page, limit-had)
		}
		resp, err := s.read(ctx, pagePatience, start, clientv3.WithRange(end), clientv3.WithLimit(page), clientv3.WithRev(revision))
		if err != nil {
			return err
		}
		if revision == 0 {
			revision = resp.Header.GetRevision()
		}
		if err := take(resp); err != nil {
			return err
		}
		had += int64(len(resp.Kvs))
		if !resp.More || had == limit || len(resp.Kvs) == 0 {
			return nil
		}
		start = string(resp.Kvs[len(resp.Kvs)-1].Key) + "\x00"
		page = nextPage(page, resp.Kvs)
	}
}

func nextPage(page int64, kvs []*mvccpb.KeyValue) int64 {
	size := 1
	for _, kv := range kvs {
		size += len(kv.Key) + len(kv.Value)
	}
	fits := int64(pageBytes) * int64(len(kvs)) / int64(size)
	return max(1, min(2*page, lastPage, fits))
}

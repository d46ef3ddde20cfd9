package memory

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Load implements storage.Feeder.
func (s *Store) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	pairs, revision, err := s.newest(ctx)
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	page := make([]storage.KeyValue, 0, atOnce)
	ascend(pairs, "/", "", func(p *pair) bool {
		if page = append(page, p.KeyValue); len(page) == atOnce {
			if _, err = s.Revision(ctx); err == nil {
				err = take(page)
			}
			page = make([]storage.KeyValue, 0, atOnce)
		}
		return err == nil
	})
	if err == nil && len(page) > 0 {
		err = take(page)
	}
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	return revision, nil
}

// Feed implements storage.Feeder.
func (s *Store) Feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	if err := s.known(from); err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	return s.follow(ctx, from, nil, nil, func(all []storage.Event, through int64) error {
		changes := all[:0]
		for _, e := range all {
			if strings.HasPrefix(e.Key, "/") {
				e.Previous, e.PreviousRevision = nil, 0
				changes = append(changes, e)
			}
		}
		return apply(changes, through)
	})
}

// RequestProgress implements storage.Feeder: every revision is told without it.
func (s *Store) RequestProgress(context.Context) {}

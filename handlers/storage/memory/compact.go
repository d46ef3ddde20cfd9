package memory

import (
	"context"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// left is how many changes compaction leaves for watches that began before it and are not through yet. One that is further
// behind ends with storage.ErrCompacted.
const left = 256

// Compact implements storage.Compactor.
func (s *Store) Compact(ctx context.Context, revision int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return fmt.Errorf("compact to %d: %w", revision, err)
	}
	switch {
	case revision <= s.log.compacted:
		return fmt.Errorf("compact to %d: %w", revision, storage.ErrCompacted)
	case revision > s.log.last():
		return fmt.Errorf("compact to %d: %w", revision, storage.ErrFutureRevision)
	}
	s.compact(revision)
	return nil
}

func (s *Store) compact(revision int64) {
	s.log.compacted = max(s.log.compacted, revision)
	s.log.drop(min(s.log.compacted, s.log.last()-left), func(e *storage.Event) {
		// With the change goes the value that it replaced.
		if e.Previous != nil {
			s.size -= int64(len(e.Key) + len(e.Previous))
		}
	})
}

// compactRound drops what was there a round ago already.
func (s *Store) compactRound() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.compact(s.seen)
	s.seen = s.log.last()
	s.rounds.Reset(s.options.CompactInterval)
}

package embedded

import (
	"context"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var _ storage.Sizer = (*Store)(nil)

// Size implements storage.Sizer: a number that the server has in memory.
func (s *Store) Size(ctx context.Context) (int64, error) {
	if err := s.serving(ctx); err != nil {
		return 0, fmt.Errorf("read the size: %w", err)
	}
	return s.server.Backend().Size(), nil
}

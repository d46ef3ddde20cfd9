package cache

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var _ storage.Sizer = (*Cache)(nil)

// Size implements storage.Sizer for the backend.
func (c *Cache) Size(ctx context.Context) (int64, error) {
	backend, ok := c.backend.(storage.Sizer)
	if !ok {
		return 0, fmt.Errorf("%T does not tell its size: %w", c.backend, errors.ErrUnsupported)
	}
	return backend.Size(ctx)
}

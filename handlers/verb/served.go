package verb

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// servedPage brings the objects of a page into the version that the resource's codec reads, in one call where somebody else
// converts them. What is made of such objects is not kept with the cache's.
func (h *Handlers) servedPage(ctx context.Context, res *resource.Resource, p *page) (*page, error) {
	if res.Codec.Conversion() == nil {
		return p, nil
	}
	all, err := p.pairs()
	if err != nil {
		return nil, err
	}
	values := make([][]byte, len(all))
	for i, kv := range all {
		values[i] = kv.Value
	}
	if values, err = res.Served(ctx, values); err != nil {
		return nil, err
	}
	out := *p
	out.picked, out.objects = true, make([]*cache.Entry, len(all))
	for i, kv := range all {
		kv.Value = values[i]
		out.objects[i] = h.Store.Entry(kv)
	}
	return &out, nil
}

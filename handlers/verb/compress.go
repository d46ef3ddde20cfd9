package verb

import (
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// compressFrom is the size of an answer in bytes, roughly, from which compressing it pays (the original's figure).
const compressFrom = 128 << 10

// compressed is where the body of a list goes: through gzip when it is large and the client takes that. finish must be
// called after the last byte.
func compressed(r *pipeline.Request, p *page) (body io.Writer, finish func() error) {
	size := 0
	for _, kv := range p.items {
		size += len(kv.Value)
	}
	if size < compressFrom || !acceptsGzip(r.HTTP.Header) {
		return r.Writer, func() error { return nil }
	}
	r.Writer.Header().Set("Content-Encoding", "gzip")
	r.Writer.Header().Add("Vary", "Accept-Encoding")
	z, err := gzip.NewWriterLevel(r.Writer, gzip.BestSpeed)
	if err != nil {
		return r.Writer, func() error { return err }
	}
	return z, z.Close
}

package verb

import (
	"github.com/klauspost/compress/gzip"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// compressFrom is the size of an answer in bytes from which compressing it pays (upstream's figure).
const compressFrom = 128 << 10

// compressor is the body of an answer: it holds back the first bytes until it is clear whether the answer is large enough
// to be compressed. A client that takes no gzip gets the bytes as they come. Close must be called after the last byte.
type compressor struct {
	r *pipeline.Request
	// code is the status code; 0 stands for 200.
	code int
	held []byte
	zip  *gzip.Writer
	// plain: the answer has begun uncompressed.
	plain bool
}

func compressed(r *pipeline.Request) *compressor {
	return &compressor{r: r, plain: !acceptsGzip(r.HTTP.Header)}
}

func (c *compressor) Write(b []byte) (int, error) {
	switch {
	case c.plain:
		c.begin()
		return c.r.Writer.Write(b)
	case c.zip != nil:
		return c.zip.Write(b)
	case len(c.held)+len(b) <= compressFrom:
		c.held = append(c.held, b...)
		return len(b), nil
	}
	c.r.Writer.Header().Set("Content-Encoding", "gzip")
	c.r.Writer.Header().Add("Vary", "Accept-Encoding")
	c.begin()
	var err error
	if c.zip, err = gzip.NewWriterLevel(c.r.Writer, gzip.BestSpeed); err != nil {
		return 0, err
	}
	if _, err := c.zip.Write(c.held); err != nil {
		return 0, err
	}
	return c.zip.Write(b)
}

// begin sends the status code, once.
func (c *compressor) begin() {
	if c.code != 0 && c.r.Writer.Status == 0 {
		c.r.Writer.WriteHeader(c.code)
	}
}

// Close sends what was held back.
func (c *compressor) Close() error {
	if c.zip != nil {
		return c.zip.Close()
	}
	c.begin()
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.r.Writer.Write(c.held)
	return err
}

package verb

import (
	"context"
	"io"
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// overStream carries a watch on the request's goroutine, where the server's connections cannot.
func (w *watching) overStream(r *pipeline.Request, woken <-chan struct{}) error {
	var buffer *[]byte // nil while there is nothing to write
	write := func() error {
		if buffer == nil {
			return nil
		}
		_, err := r.Writer.Write(*buffer)
		giveBack(buffer)
		buffer = nil
		return err
	}
	controller := http.NewResponseController(r.Writer)
	return w.pull(r.Context(), woken,
		func(b []byte) error {
			if buffer == nil {
				buffer = emptyBuffer()
			}
			if *buffer = append(*buffer, b...); len(*buffer) < gathered {
				return nil
			}
			return write()
		},
		func() error {
			if err := write(); err != nil {
				return err
			}
			return controller.Flush()
		})
}

// pull sends what the watch has, flushes when that is all for now, and sleeps until there is more. A client that does not
// take it has gone, and nothing is wrong then.
func (w *watching) pull(ctx context.Context, woken <-chan struct{}, send func([]byte) error, flush func() error) error {
	defer w.Ended(false) // a client that takes nothing blocks here
	for {
		b, err := w.Next()
		if len(b) > 0 && send(b) != nil {
			return nil
		}
		if err == nil && len(b) > 0 {
			continue
		}
		gone := flush()
		switch {
		case gone != nil || err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

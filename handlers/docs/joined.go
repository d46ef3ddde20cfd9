package docs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/handlers/gzjoin"
)

// joinedBody is a body of pieces that were compressed before, with short texts between them.
type joinedBody []segment

// segment is a piece or a text.
type segment struct {
	piece *gzjoin.Piece
	text  string
}

// members adds the members of JSON objects to an object whose last member, if it has any, came before.
func (j joinedBody) members(empty bool, list []*gzjoin.Piece) joinedBody {
	for _, p := range list {
		if p.Length() == 0 {
			continue
		}
		if !empty {
			j = append(j, segment{text: ","})
		}
		j, empty = append(j, segment{piece: p}), false
	}
	return j
}

// gzip is the body as one gzip member, and size its length without compression.
func (j joinedBody) gzip() (b []byte, size int, err error) {
	var out bytes.Buffer
	z := gzjoin.NewWriter(&out)
	for _, s := range j {
		if s.piece != nil {
			size += s.piece.Length()
			err = z.Add(s.piece)
		} else {
			size += len(s.text)
			err = z.Store([]byte(s.text))
		}
		if err != nil {
			return nil, 0, fmt.Errorf("joining a document: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, 0, fmt.Errorf("joining a document: %w", err)
	}
	return out.Bytes(), size, nil
}

// serve sends the body, compressed when the client can read that. The media type is in the header already.
func (j joinedBody) serve(w http.ResponseWriter, r *http.Request) {
	b, size, err := j.gzip()
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	packed{gzip: b, size: size}.serve(w, r)
}

func (j joinedBody) unpack() ([]byte, error) {
	b, size, err := j.gzip()
	if err != nil {
		return nil, err
	}
	return packed{gzip: b, size: size}.unpack()
}

func (p packed) unpack() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(p.gzip))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, p.size+bytes.MinRead))
	if _, err := io.Copy(out, r); err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return out.Bytes(), nil
}

// serve sends the body, compressed when the client can read that. The media type is in the header already.
func (p packed) serve(w http.ResponseWriter, r *http.Request) {
	if acceptsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		write(w, http.StatusOK, p.gzip)
		return
	}
	body, err := gzip.NewReader(bytes.NewReader(p.gzip))
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(p.size))
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, body) // the bytes are our own: only a client that went away can fail this
}

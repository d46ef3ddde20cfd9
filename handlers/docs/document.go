package docs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
)

// document is one document in the forms it was asked for so far.
type document struct {
	hashOnce sync.Once
	hash     string
	hashErr  error

	text, binary packedOnce
}

type packedOnce struct {
	once sync.Once
	packed
	err error
}

// packed is a compressed body.
type packed struct {
	gzip []byte
	size int // without compression
}

// json makes the JSON form by source, holding making meanwhile.
func (d *document) json(making sync.Locker, source func() ([]byte, error)) (packed, error) {
	d.text.once.Do(func() {
		making.Lock()
		defer making.Unlock()
		b, err := source()
		if err != nil {
			d.text.err = err
			return
		}
		d.text.packed, d.text.err = pack(b)
	})
	return d.text.packed, d.text.err
}

// protobuf makes the protobuf form from the JSON form, which must be there.
func (d *document) protobuf(making sync.Locker, media string) (packed, error) {
	d.binary.once.Do(func() {
		making.Lock()
		defer making.Unlock()
		text, err := d.text.unpack()
		if err != nil {
			d.binary.err = err
			return
		}
		b, err := encodeOpenAPI(text, media)
		if err != nil {
			d.binary.err = err
			return
		}
		d.binary.packed, d.binary.err = pack(b)
	})
	return d.binary.packed, d.binary.err
}

func encodeOpenAPI(text []byte, media string) ([]byte, error) {
	var m proto.Message
	var err error
	if media == openapiV2 {
		m, err = openapi_v2.ParseDocument(text)
	} else {
		m, err = openapi_v3.ParseDocument(text)
	}
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document to protobuf: %w", err)
	}
	// Replicas must give equal bytes under one entity tag.
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document to protobuf: %w", err)
	}
	return b, nil
}

func pack(b []byte) (packed, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		return packed{}, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return packed{}, fmt.Errorf("compress: %w", err)
	}
	return packed{gzip: bytes.Clone(out.Bytes()), size: len(b)}, nil
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

func acceptsGzip(r *http.Request) bool {
	for _, one := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(one, ";")
		if strings.TrimSpace(name) != "gzip" && strings.TrimSpace(name) != "*" {
			continue
		}
		q := strings.ReplaceAll(parameters, " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}

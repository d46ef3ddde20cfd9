package docs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"sync"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
)

// source makes the JSON of a document.
type source func() ([]byte, error)

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

// json makes the JSON form by make, holding making meanwhile.
func (d *document) json(making sync.Locker, make source) (packed, error) {
	d.text.once.Do(func() {
		making.Lock()
		defer making.Unlock()
		b, err := make()
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

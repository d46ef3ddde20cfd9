package verb

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestReadAll(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 70_000} {
		want := bytes.Repeat([]byte("abc"), size)[:size]
		for _, announced := range []int64{-1, 0, 1, int64(size), int64(size) + 1, 1 << 40} {
			for name, from := range map[string]io.Reader{
				"at once": bytes.NewReader(want), "byte by byte": iotest.OneByteReader(bytes.NewReader(want)), "end with the last": iotest.DataErrReader(bytes.NewReader(want)),
			} {
				got, err := readAll(from, announced)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes %s, %d announced: %d bytes, %v", size, name, announced, len(got), err)
				}
				if cap(got) > 1<<20 {
					t.Errorf("%d bytes, %d announced: room for %d", size, announced, cap(got))
				}
			}
		}
	}
	if _, err := readAll(iotest.ErrReader(io.ErrUnexpectedEOF), 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

package gzjoin

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// Members of random pieces and stored texts are read by Go's own reader, byte for byte.
func TestJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var want, got bytes.Buffer
		z := NewWriter(&got)
		for range r.IntN(12) {
			text := []byte(strings.Repeat("some text that repeats ", r.IntN(200)))
			for i := range text {
				if r.IntN(20) == 0 {
					text[i] = byte(r.IntN(256))
				}
			}
			if r.IntN(10) == 0 { // more than a stored block, and than a chunk, and not compressible
				text = make([]byte, 200_000)
				for i := range text {
					text[i] = byte(r.Uint32())
				}
			}
			want.Write(text)
			var err error
			if r.IntN(2) == 0 {
				err = z.Store(text)
			} else {
				var p *Piece
				how := Compress
				if r.IntN(20) == 0 {
					how = CompressWell
				}
				if p, err = how(text); err == nil {
					err = z.Add(p)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		in := bytes.NewReader(got.Bytes())
		z2, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		z2.Multistream(false)
		text, err := io.ReadAll(z2)
		if err != nil || !bytes.Equal(text, want.Bytes()) {
			t.Fatalf("%d bytes came out as %d, %v", want.Len(), len(text), err)
		}
		if in.Len() != 0 {
			t.Fatalf("%d bytes after the member", in.Len())
		}
	}
}

// The same piece may come again and again.
func TestOtherReaders(t *testing.T) {
	tool, err := exec.LookPath("gzip")
	if err != nil {
		t.Skip("no gzip here")
	}
	p, err := Compress([]byte(strings.Repeat(`{"kind":"Pod"}`, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Size() > 1000 {
		t.Errorf("a piece of %d bytes", p.Size())
	}
	var out bytes.Buffer
	z := NewWriter(&out)
	for range 10 {
		if err := errors.Join(z.Add(p), z.Store([]byte(","))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "-dc")
	cmd.Stdin = &out
	text, err := cmd.Output()
	if want := strings.Repeat(strings.Repeat(`{"kind":"Pod"}`, 1000)+",", 10); err != nil || string(text) != want {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
}

type broken struct{ after int }

var errBroken = errors.New("no")

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestBrokenWriter(t *testing.T) {
	p, err := Compress(make([]byte, 100))
	if err != nil {
		t.Fatal(err)
	}
	z := NewWriter(&broken{after: chunk})
	for err == nil {
		if err = z.Add(p); err == nil {
			err = z.Store(make([]byte, 1000))
		}
	}
	if !errors.Is(err, errBroken) || !errors.Is(z.Close(), errBroken) || !errors.Is(z.Add(p), errBroken) {
		t.Fatal(err)
	}
}

package verb

import (
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/gzjoin"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// listBody writes a list from the encoded forms that are kept with the leaves of the cache, and makes those that are
// missing. It belongs to one request.
type listBody struct {
	store *cache.Cache
	room  *room
	r     *pipeline.Request
	page  *page
	list  codec.List
	res   *resource.Resource
	out   codec.Output
	// text is the last leaf's items, packed where they were unpacked from.
	text []byte
}

// leafKey is what an encoded form of a leaf is kept under. A custom resource whose definition changes is another one.
type leafKey struct {
	res  *resource.Resource
	out  codec.Output
	form form
}

type form uint8

const (
	// requestedOnce is set on the first encoding of the items; the second one is cached.
	requestedOnce form = iota
	// items are the items of a list, packed.
	items
	// zipped are the items as a piece of a gzip member.
	zipped
)

// packedItems are the items of a leaf.
type packedItems struct {
	packed []byte
	size   int
}

func (b *listBody) key(f form) leafKey { return leafKey{b.res, b.out, f} }

// encode makes the items of a leaf; they are valid until the next leaf.
func (b *listBody) encode(l cache.Leaf) ([]byte, error) {
	var failed error
	text, err := codec.AppendItems(b.text[:0], b.res.Codec, unpacked(slices.Values(l.Entries), &failed), b.out)
	if err == nil {
		err = failed
	}
	b.text = text
	return text, err
}

// items are those of a leaf; they are valid until the next leaf.
func (b *listBody) items(l cache.Leaf) ([]byte, error) {
	if kept, found := l.Find(b.key(items)); found {
		p := kept.(*packedItems)
		text, err := s2.Decode(b.text[:cap(b.text)], p.packed)
		b.text = text
		return text, err
	}
	text, err := b.encode(l)
	if err != nil {
		return nil, err
	}
	if _, again := l.Find(b.key(requestedOnce)); again {
		b.keep(l, text)
	} else {
		b.store.Keep(l, b.key(requestedOnce), nil, 0)
	}
	return text, nil
}

func (b *listBody) keep(l cache.Leaf, text []byte) {
	p := &packedItems{packed: slices.Clone(s2.Encode(nil, text)), size: len(text)}
	b.store.Keep(l, b.key(items), p, len(p.packed))
}

// zipped are the items of a leaf as a piece of a gzip member.
func (b *listBody) zipped(l cache.Leaf) (*gzjoin.Piece, error) {
	if kept, found := l.Find(b.key(zipped)); found {
		return kept.(*gzjoin.Piece), nil
	}
	text, err := b.items(l)
	if err != nil {
		return nil, err
	}
	piece, err := gzjoin.Compress(text)
	if err != nil {
		return nil, err
	}
	b.store.Keep(l, b.key(zipped), piece, piece.Size())
	return piece, nil
}

// each calls do with every leaf until it fails; with the objects one by one of a leaf that is large.
func (b *listBody) each(do func(l cache.Leaf) error) (err error) {
	b.page.leaves(func(l cache.Leaf) bool {
		if b.keeps(l) { // so it is not large, and its objects need not be looked at
			err = do(l)
			return err == nil
		}
		for part := range parts(l) {
			if err = b.part(part, do); err != nil {
				return false
			}
		}
		return true
	})
	return err
}

// keeps says whether anything is kept of a leaf's items.
func (b *listBody) keeps(l cache.Leaf) bool {
	_, ready := l.Find(b.key(items))
	if !ready {
		_, ready = l.Find(b.key(zipped))
	}
	return ready
}

// part calls do with what is encoded together, when there is room for it.
func (b *listBody) part(l cache.Leaf, do func(l cache.Leaf) error) error {
	if b.page.picked && !b.page.stored {
		l = b.store.Gather(l.Entries)
	}
	if len(l.Entries) > 1 {
		return do(l)
	}
	release, err := b.room.wait(b.r, encodedShare*l.Entries[0].Size())
	if err != nil {
		return err
	}
	defer release()
	err = do(l)
	if cap(b.text) > largeBuffer {
		b.text = nil // it has no room any more
	}
	return err
}

// large says whether the stored objects alone are more than an answer is compressed from.
func (p *page) large() bool {
	size := 0
	for e := range p.entries {
		if size += e.Size(); size > compressFrom {
			return true
		}
	}
	return false
}

var errLarge = errors.New("large")

// large says whether the answer is to be compressed. Of metadata alone that cannot be told from what is stored.
func (b *listBody) large() (bool, error) {
	if !b.out.IsMetadata() {
		return b.page.large(), nil
	}
	size := 0
	err := b.each(func(l cache.Leaf) error {
		text, err := b.items(l)
		if size += len(text); err == nil && size > compressFrom {
			err = errLarge
		}
		return err
	})
	if errors.Is(err, errLarge) {
		return true, nil
	}
	return false, err
}

// write writes the list, which is not empty.
func (b *listBody) write() error {
	r := b.r
	buffer := buffers.Get().(*[]byte)
	b.text = *buffer
	defer func() {
		if cap(b.text) <= largeBuffer {
			*buffer = b.text[:0]
			buffers.Put(buffer)
		}
	}()
	if !acceptsGzip(r.HTTP.Header) {
		return b.writeTo(r.Writer)
	}
	large, err := b.large()
	if err != nil {
		return err
	}
	if !large {
		body := compressed(r)
		if err := b.writeTo(body); err != nil {
			return err
		}
		return body.Close()
	}
	size, err := b.zippedSize()
	if err != nil {
		return err
	}
	head, tail, err := b.list.Parts(b.out, size)
	if err != nil {
		return err
	}
	r.Writer.Header().Set("Content-Encoding", "gzip")
	r.Writer.Header().Add("Vary", "Accept-Encoding")
	z := gzjoin.NewWriter(r.Writer)
	if err := z.Store(head); err != nil {
		return err
	}
	begun := false
	err = b.each(func(l cache.Leaf) error {
		if begun && b.out.Format == codec.JSON {
			if err := z.Store([]byte(codec.Joint)); err != nil {
				return err
			}
		}
		begun = true
		piece, err := b.zipped(l)
		if err != nil {
			return err
		}
		return z.Add(piece)
	})
	if err == nil {
		err = z.Store(tail)
	}
	if err == nil {
		err = z.Close()
	}
	return err
}

// zippedSize is the length of what the pieces hold, which protobuf has to know first: they are made for that, and made
// again where they are not kept. All of them in memory would be the whole list. JSON needs no length.
func (b *listBody) zippedSize() (size int, err error) {
	if b.out.Format == codec.JSON {
		return 0, nil
	}
	err = b.each(func(l cache.Leaf) error {
		piece, err := b.zipped(l)
		if err == nil {
			size += piece.Length()
		}
		return err
	})
	return size, err
}

// textSize is zippedSize for an answer that is not compressed.
func (b *listBody) textSize() (size int, err error) {
	if b.out.Format == codec.JSON {
		return 0, nil
	}
	err = b.each(func(l cache.Leaf) error {
		n, err := b.length(l)
		size += n
		return err
	})
	return size, err
}

// writeTo writes the list uncompressed, a leaf at a time.
func (b *listBody) writeTo(w io.Writer) error {
	size, err := b.textSize()
	if err != nil {
		return err
	}
	head, tail, err := b.list.Parts(b.out, size)
	if err != nil {
		return err
	}
	// Small parts go along with large ones.
	begun := false
	err = b.each(func(l cache.Leaf) error {
		text, err := b.items(l)
		if err != nil {
			return err
		}
		first := head
		if begun {
			first = nil
			if b.out.Format == codec.JSON {
				first = []byte(codec.Joint)
			}
		}
		begun = true
		if len(first) > 0 {
			if _, err := w.Write(first); err != nil {
				return err
			}
		}
		_, err = w.Write(text)
		return err
	})
	if err == nil {
		_, err = w.Write(tail)
	}
	return err
}

// length is that of a leaf's items, which are kept from the first time on, as they will be needed again.
func (b *listBody) length(l cache.Leaf) (int, error) {
	if kept, found := l.Find(b.key(items)); found {
		return kept.(*packedItems).size, nil
	}
	text, err := b.encode(l)
	if err != nil {
		return 0, err
	}
	if len(l.Entries) > 1 {
		b.keep(l, text)
	}
	return len(text), nil
}

package codec

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// chunk is how much is gathered before it is written: single objects are too small for the network, and larger pieces
// are no faster.
const chunk = 64 << 10

// List is an answer with many stored objects.
type List struct {
	// Kind is that of the list, not of its items: PodList.
	Kind  schema.GroupVersionKind
	Meta  metav1.ListMeta
	Codec resource.Codec
	// Items yields stored bytes and revisions. It is called twice for protobuf and must yield the same both times.
	Items iter.Seq2[[]byte, int64]
}

// Write writes the list. An error of the writer ends it at once; any other error before the first byte was written
// leaves w untouched, so that the caller can still answer with the error.
func (l List) Write(w io.Writer, out Output) error {
	if out.IsMetadata() {
		l.Kind = schema.GroupVersionKind{Group: out.As.Group, Version: out.As.Version, Kind: partialKind + "List"}
	}
	switch {
	case out.Format == Protobuf:
		return l.writeProtobuf(w, out)
	case out.Format == JSON && !out.Pretty:
		return l.writeJSON(w, out)
	}
	var whole buffer
	if err := l.writeJSON(&whole, out); err != nil {
		return err
	}
	b, err := finish(nil, whole, out)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// buffer is a writer that keeps what is written.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (l List) writeJSON(w io.Writer, out Output) error {
	b, tail, err := l.frame(make([]byte, 0, chunk+chunk/8), out)
	if err != nil {
		return err
	}
	first, none := true, len(b)
	for stored, revision := range l.Items {
		if !first {
			b = append(b, ',')
		}
		first = false
		if b, err = appendItemJSON(b, l.Codec, stored, revision, out, true); err != nil {
			return err
		}
		if len(b) >= chunk {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	if first && out.IsMetadata() {
		b = append(b[:none-1], "null"...) // upstream's metadata lists have no empty slice
		tail = tail[1:]
	}
	_, err = w.Write(append(b, tail...))
	return err
}

// frame appends what comes before the items, and returns what comes after. Lists of custom resources have sorted keys
// like everything of theirs.
func (l List) frame(b []byte, out Output) (head []byte, tail string, err error) {
	meta, err := json.Marshal(&l.Meta)
	if err != nil {
		return b, "", fmt.Errorf("metadata of a list: %w", err)
	}
	apiVersion, kind := l.Kind.ToAPIVersionAndKind()
	if _, sorted := l.Codec.(keysSorted); sorted && !out.IsMetadata() {
		b = append(appendString(append(b, `{"apiVersion":`...), apiVersion), `,"items":[`...)
		rest := append(appendString([]byte(`],"kind":`), kind), `,"metadata":`...)
		return b, string(append(rest, meta...)) + "}\n", nil
	}
	b = appendString(append(b, `{"kind":`...), kind)
	b = appendString(append(b, `,"apiVersion":`...), apiVersion)
	b = append(append(b, `,"metadata":`...), meta...)
	return append(b, `,"items":[`...), "]}\n", nil
}

// keysSorted is a codec whose JSON has its keys in order, in lists too.
type keysSorted interface{ keysSorted() }

// sizer is a codec that can tell how long an item is in protobuf without writing it.
type sizer interface {
	splicedSize(stored []byte, revision int64) (int, bool)
}

// writeProtobuf writes the list in two passes: its envelope needs the length of all items.
func (l List) writeProtobuf(w io.Writer, out Output) error {
	meta, err := listMetaField(nil, &l.Meta)
	if err != nil {
		return err
	}
	size := len(meta)
	var item []byte
	for stored, revision := range l.Items {
		n, err := itemSize(&item, l.Codec, stored, revision, out)
		if err != nil {
			return err
		}
		size += 1 + varintSize(uint64(n)) + n
	}
	apiVersion, kind := l.Kind.ToAPIVersionAndKind()
	b := appendEnvelope(make([]byte, 0, chunk+chunk/8), apiVersion, kind, size)
	b = append(b, meta...)
	for stored, revision := range l.Items {
		if b, err = appendItemField(b, l.Codec, stored, revision, out); err != nil {
			return err
		}
		if len(b) >= chunk {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err = w.Write(append(b, envelopeTail...))
	return err
}

// itemSize is the length of an item in a protobuf list. scratch is used where it cannot be told without writing it.
func itemSize(scratch *[]byte, c resource.Codec, stored []byte, revision int64, out Output) (int, error) {
	if b, ok := c.(sizer); ok && !out.IsMetadata() {
		if n, ok := b.splicedSize(stored, revision); ok {
			return n, nil
		}
	}
	b, err := appendItemProtobuf((*scratch)[:0], c, stored, revision, out, true)
	*scratch = b
	return len(b), err
}

// splicedSize is the length of what AppendProtobuf makes of a canonical object as an item.
func (c *Builtin) splicedSize(stored []byte, revision int64) (int, bool) {
	_, e, err := c.open(stored)
	if err != nil || !c.copyable(e) || e.rawEnd == 0 {
		return 0, false
	}
	if revision == 0 {
		return len(e.raw), true
	}
	m, err := findMetadata(e.raw)
	if err != nil {
		return 0, false
	}
	var digits [20]byte
	return len(e.raw) - (m.end - m.tag) + m.fieldSize(appendRevision(digits[:0], revision)), true
}

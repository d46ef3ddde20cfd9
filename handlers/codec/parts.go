package codec

import (
	"encoding/binary"
	"iter"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Joint stands between the parts of a JSON list.
const Joint = ","

// Parts are what comes before and after the items of a list, for callers that keep the items of its parts: those are
// made by AppendItems, with a Joint between them in JSON. bytes is the length of all items, which protobuf has to know.
// Only compact JSON and protobuf have parts, and a list without items has none: see Write.
func (l List) Parts(out Output, bytes int) (head, tail []byte, err error) {
	if out.IsMetadata() {
		l.Kind = schema.GroupVersionKind{Group: out.As.Group, Version: out.As.Version, Kind: partialKind + "List"}
	}
	if out.Format != Protobuf {
		head, end, err := l.frame(nil, out)
		return head, []byte(end), err
	}
	meta, err := listMetaField(nil, &l.Meta)
	if err != nil {
		return nil, nil, err
	}
	apiVersion, kind := l.Kind.ToAPIVersionAndKind()
	head = appendEnvelope(nil, apiVersion, kind, len(meta)+bytes)
	return append(head, meta...), []byte(envelopeTail), nil
}

// AppendItems appends stored objects as the items of a list: in JSON with commas between them, in protobuf with their
// tags and lengths.
func AppendItems(dst []byte, c resource.Codec, items iter.Seq2[[]byte, int64], out Output) ([]byte, error) {
	first := true
	b := dst
	for stored, revision := range items {
		var err error
		if out.Format == Protobuf {
			b, err = appendItemField(b, c, stored, revision, out)
		} else {
			if !first {
				b = append(b, Joint...)
			}
			first = false
			b, err = appendItemJSON(b, c, stored, revision, out, true)
		}
		if err != nil {
			return dst, err
		}
	}
	return b, nil
}

// itemsNumber is the field of every list that holds its items.
const itemsNumber = 2

// appendItemField appends the item behind room for its length and moves it up to that.
func appendItemField(b []byte, c resource.Codec, stored []byte, revision int64, out Output) ([]byte, error) {
	at := len(b)
	b = append(b, itemsNumber<<3|wireBytes, 0, 0, 0, 0, 0)
	b, err := appendItemProtobuf(b, c, stored, revision, out, true)
	if err != nil {
		return b[:at], err
	}
	content := b[at+1+varintMax:]
	return append(binary.AppendUvarint(b[:at+1], uint64(len(content))), content...), nil
}

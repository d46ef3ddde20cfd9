package codec

import (
	"encoding/binary"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// AppendEvent appends one event of a watch stream. object appends the event's object, which is compact JSON or an
// enveloped object (AppendEventObject for stored ones); the frame is put around it: a line of JSON, or in protobuf a
// message after its length in four bytes.
func AppendEvent(dst []byte, f Format, event string, object func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	if f != Protobuf {
		out := append(dst, `{"type":`...)
		out = append(appendString(out, event), `,"object":`...)
		out, err := object(out)
		if err != nil {
			return dst, err
		}
		return append(out, "}\n"...), nil
	}
	// The lengths that come first are known last: the object is written behind enough room for them and moved up.
	room := 4 + 1 + varintMax + len(event) + 2*(1+varintMax)
	out := append(dst, make([]byte, room)...)
	out, err := object(out)
	if err != nil {
		return dst, err
	}
	n := len(out) - start - room
	inner := 1 + varintSize(uint64(n)) + n // the RawExtension around the object
	head := out[start : start+4]
	head = append(head, 1<<3|wireBytes)
	head = binary.AppendUvarint(head, uint64(len(event)))
	head = append(head, event...)
	head = append(head, 2<<3|wireBytes)
	head = binary.AppendUvarint(head, uint64(inner))
	head = append(head, 1<<3|wireBytes)
	head = binary.AppendUvarint(head, uint64(n))
	out = append(out[:start+len(head)], out[start+room:]...)
	binary.BigEndian.PutUint32(out[start:], uint32(len(out)-start-4))
	return out, nil
}

// AppendEventObject appends a stored object, or its metadata, as the object of an event. Tables are made with Table.
func AppendEventObject(dst []byte, c resource.Codec, stored []byte, revision int64, out Output) ([]byte, error) {
	if out.Format == Protobuf {
		return appendItemProtobuf(dst, c, stored, revision, out, false)
	}
	return appendItemJSON(dst, c, stored, revision, out, false)
}

// AppendEventValue appends an object that is not stored, a Status or a bookmark, as the object of an event.
func AppendEventValue(dst []byte, o runtime.Object, f Format) ([]byte, error) {
	start := len(dst)
	dst, err := AppendObject(dst, o, Output{Format: f})
	if err == nil && f == JSON && len(dst) > start {
		dst = dst[:len(dst)-1] // the line break
	}
	return dst, err
}

// varintMax is the most that the length of anything takes.
const varintMax = 5

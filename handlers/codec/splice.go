package codec

import (
	"encoding/binary"
)

// metadataNumber is the field of every kind that holds its metadata.
const metadataNumber = 1

// stampedMetadata is where a resourceVersion belongs in an object's bytes.
type stampedMetadata struct {
	// tag and end delimit the metadata field in the object, its tag included.
	tag, end int
	content  []byte
	// from and to delimit the resourceVersion field in content; equal when there is none and it belongs there.
	from, to int
}

// findMetadata locates the metadata of an object's message. Without metadata it lies, empty, at the start.
func findMetadata(raw []byte) (m stampedMetadata, err error) {
	found := false
	for i := 0; i < len(raw); {
		number, wire, from, to, err := next(raw, i)
		if err != nil {
			return m, err
		}
		if number == metadataNumber && wire == wireBytes {
			if found {
				return m, errIrregular
			}
			m.tag, m.end, m.content, found = i, to, raw[from:to], true
		}
		i = to
	}
	placed, versions := false, 0
	for i := 0; i < len(m.content); {
		number, _, _, to, err := next(m.content, i)
		if err != nil {
			return m, err
		}
		switch {
		case number == resourceVersionNumber:
			m.from, m.to, placed = i, to, true
			versions++
		case number < resourceVersionNumber && !placed:
			m.from, m.to = to, to
		}
		i = to
	}
	if versions > 1 {
		return m, errIrregular
	}
	return m, nil
}

// size is the length of the metadata's content once revision stands in it.
func (m *stampedMetadata) size(revision []byte) int {
	return len(m.content) - (m.to - m.from) + 1 + varintSize(uint64(len(revision))) + len(revision)
}

// append appends the metadata's content with revision in it.
func (m *stampedMetadata) append(dst, revision []byte) []byte {
	dst = append(dst, m.content[:m.from]...)
	dst = append(dst, resourceVersionNumber<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(revision)))
	dst = append(dst, revision...)
	return append(dst, m.content[m.to:]...)
}

// field appends the whole metadata field.
func (m *stampedMetadata) field(dst, revision []byte) []byte {
	dst = append(dst, metadataNumber<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(m.size(revision)))
	return m.append(dst, revision)
}

// fieldSize is the length of what field appends.
func (m *stampedMetadata) fieldSize(revision []byte) int {
	n := m.size(revision)
	return 1 + varintSize(uint64(n)) + n
}

// appendSpliced appends an object's bytes with the revision in its metadata: as it is enveloped in stored, or bare.
func appendSpliced(dst, stored []byte, e envelope, revision []byte, bare bool) ([]byte, error) {
	if len(revision) == 0 {
		if bare {
			return append(dst, e.raw...), nil
		}
		return append(dst, stored...), nil
	}
	m, err := findMetadata(e.raw)
	if err != nil {
		return dst, err
	}
	if !bare {
		dst = append(dst, stored[:e.rawTag]...)
		dst = append(dst, envelopeRaw<<3|wireBytes)
		dst = binary.AppendUvarint(dst, uint64(len(e.raw)-(m.end-m.tag)+m.fieldSize(revision)))
	}
	dst = append(dst, e.raw[:m.tag]...)
	dst = m.field(dst, revision)
	dst = append(dst, e.raw[m.end:]...)
	if !bare {
		dst = append(dst, stored[e.rawEnd:]...)
	}
	return dst, nil
}

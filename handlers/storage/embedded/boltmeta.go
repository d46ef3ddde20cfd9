package embedded

import (
	"encoding/binary"
	"hash/fnv"
)

// The layout of the two first pages of bbolt's file, behind their headers.
const (
	metaLength    = 64 // with its checksum
	metaChecked   = 56
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	firstPageSize = 1 << 10
	lastPageSize  = 1 << 16
)

// meta is what one of the two first pages says.
type meta struct {
	pageSize  int
	root, end uint64
	round     uint64
}

// newestMeta is that of the last write that was completed; false when there is none. A write alternates between the pages.
func newestMeta(file []byte) (newest meta, found bool) {
	take := func(m meta, valid bool) {
		if valid && (!found || m.round > newest.round) {
			newest, found = m, true
		}
	}
	take(metaAt(file, 0))
	if found {
		take(metaAt(file, newest.pageSize))
		return newest, found
	}
	for size := firstPageSize; size <= lastPageSize; size *= 2 {
		take(metaAt(file, size))
	}
	return newest, found
}

func metaAt(file []byte, at int) (meta, bool) {
	if len(file) < at+pageHeader+metaLength {
		return meta{}, false
	}
	b := file[at+pageHeader:][:metaLength]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaChecked])
	m := meta{
		pageSize: int(u32(b, 8)), root: u64(b, 16), end: u64(b, 40), round: u64(b, 48),
	}
	valid := u32(b, 0) == metaMagic && u32(b, 4) == metaVersion && u64(b, metaChecked) == sum.Sum64()
	return m, valid && m.pageSize >= firstPageSize && m.pageSize <= lastPageSize
}

// bbolt writes numbers as the machine has them.
func u16(b []byte, at int) uint16 { return binary.NativeEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint64 { return uint64(binary.NativeEndian.Uint32(b[at:])) }
func u64(b []byte, at int) uint64 { return binary.NativeEndian.Uint64(b[at:]) }

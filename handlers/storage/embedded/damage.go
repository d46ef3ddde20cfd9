package embedded

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/etcd/server/v3/storage/schema"
)

// The layout of pages in bbolt's file.
const (
	pageHeader    = 16 // id, flags, count, overflow
	pageElement   = 16
	bucketHeader  = 16 // root, sequence
	branchPage    = 1
	leafPage      = 2
	bucketElement = 1
)

// damaged is what is wrong with a database's pages. bbolt itself looks at all of them when it opens a file, to find out which
// are free, but in a goroutine whose panics nobody can recover: so they are looked at before. What it does not see, damage
// within values, is found when etcd decodes them.
func damaged(file []byte) error {
	m, found := newestMeta(file)
	if !found {
		return nil // bbolt says so itself
	}
	if m.end*uint64(m.pageSize) > uint64(len(file)) {
		return fmt.Errorf("it should have %d pages and ends before", m.end)
	}
	w := walk{file: file, meta: m, seen: make([]bool, m.end)}
	return w.bucket(m.root, nil)
}

// isRevision says whether a key is one of etcd's table of changes: a revision, and perhaps the mark of a deletion. With others
// there etcd panics in a goroutine too.
func isRevision(key []byte) bool {
	return (len(key) == 17 || len(key) == 18) && key[8] == '_' && key[0] < 0x80 && key[9] < 0x80
}

// walk goes through the pages that can be reached from the root.
type walk struct {
	file []byte
	meta meta
	seen []bool
	// valid says whether a key can be one of the bucket that is walked through; nil for any.
	valid func(key []byte) bool
}

// page is a page with its overflow.
func (w *walk) page(id uint64) ([]byte, error) {
	if id >= w.meta.end {
		return nil, fmt.Errorf("page %d is referred to, and there are %d", id, w.meta.end)
	}
	start := int(id) * w.meta.pageSize
	b := w.file[start:][:w.meta.pageSize]
	if own := u64(b, 0); own != id {
		return nil, fmt.Errorf("page %d has the number %d", id, own)
	}
	last := id + u32(b, 12)
	if last >= w.meta.end {
		return nil, fmt.Errorf("page %d goes on to page %d, and there are %d", id, last, w.meta.end)
	}
	for i := id; i <= last; i++ {
		if w.seen[i] {
			return nil, fmt.Errorf("page %d is referred to twice", i)
		}
		w.seen[i] = true
	}
	return w.file[start : (int(last)+1)*w.meta.pageSize], nil
}

// bucket checks a tree of pages whose keys are valid.
func (w *walk) bucket(root uint64, valid func([]byte) bool) error {
	outer := w.valid
	defer func() { w.valid = outer }()
	w.valid = valid
	_, err := w.subtree(root, nil, nil)
	return err
}

// subtree checks a page and what is below. Its keys are at least least, and below most; nil is no bound. last is the last of
// them.
func (w *walk) subtree(id uint64, least, most []byte) (last []byte, err error) {
	b, err := w.page(id)
	if err != nil {
		return nil, err
	}
	count := int(u16(b, 10))
	if pageHeader+count*pageElement > len(b) {
		return nil, fmt.Errorf("page %d has %d elements, more than fit into it", id, count)
	}
	switch flags := u16(b, 8); {
	case flags == branchPage && count > 0:
		last, err = w.branch(id, b, count, least, most)
	case flags == leafPage:
		last, err = w.leaf(id, b, count, least, most)
	default:
		err = fmt.Errorf("page %d is neither a branch nor a leaf (flags %#x, %d elements)", id, flags, count)
	}
	return last, err
}

func (w *walk) branch(id uint64, b []byte, count int, least, most []byte) (last []byte, err error) {
	last = least
	for i := range count {
		at := pageHeader + i*pageElement
		key, err := part(b, at, u32(b, at), u32(b, at+4))
		if err == nil {
			err = ordered(i, last, key, most)
		}
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
		below := most
		if i+1 < count {
			next := at + pageElement
			if below, err = part(b, next, u32(b, next), u32(b, next+4)); err != nil {
				return nil, fmt.Errorf("page %d: %w", id, err)
			}
		}
		if last, err = w.subtree(u64(b, at+8), key, below); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func (w *walk) leaf(id uint64, b []byte, count int, least, most []byte) (last []byte, err error) {
	last = least
	for i := range count {
		at := pageHeader + i*pageElement
		pos, keyLength := u32(b, at+4), u32(b, at+8)
		key, err := part(b, at, pos, keyLength)
		if err == nil {
			err = ordered(i, last, key, most)
		}
		var value []byte
		if err == nil {
			value, err = part(b, at, pos+keyLength, u32(b, at+12))
		}
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
		last = key
		switch {
		case u32(b, at)&bucketElement != 0:
			err = w.nested(id, key, value)
		case w.valid != nil && !w.valid(key):
			err = fmt.Errorf("page %d: %q is no key of its bucket", id, key)
		}
		if err != nil {
			return nil, err
		}
	}
	return last, nil
}

// nested checks a bucket of a page.
func (w *walk) nested(id uint64, name, value []byte) error {
	if len(value) < bucketHeader {
		return fmt.Errorf("page %d: a bucket of %d bytes", id, len(value))
	}
	var valid func([]byte) bool
	if string(name) == string(schema.Key.Name()) {
		valid = isRevision
	}
	if root := u64(value, 0); root != 0 {
		return w.bucket(root, valid)
	}
	if err := inline(value[bucketHeader:], valid); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// inline checks a bucket that lies in its value: one leaf.
func inline(b []byte, valid func([]byte) bool) error {
	if len(b) < pageHeader || u16(b, 8) != leafPage || pageHeader+int(u16(b, 10))*pageElement > len(b) {
		return errors.New("a bucket within the page is no leaf")
	}
	for i := range int(u16(b, 10)) {
		at := pageHeader + i*pageElement
		pos, keyLength := u32(b, at+4), u32(b, at+8)
		key, err := part(b, at, pos, keyLength)
		if err == nil {
			_, err = part(b, at, pos+keyLength, u32(b, at+12))
		}
		if err == nil && valid != nil && !valid(key) {
			err = fmt.Errorf("%q is no key of its bucket", key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part is a part of a page that begins some bytes behind an element.
func part(b []byte, element int, from, length uint64) ([]byte, error) {
	start := uint64(element) + from
	if start+length > uint64(len(b)) {
		return nil, errors.New("an element lies beyond its end")
	}
	return b[start : start+length], nil
}

// ordered says whether a key follows the one before, which for the first one of a page may be its equal.
func ordered(i int, before, key, most []byte) error {
	c := bytes.Compare(before, key)
	if before != nil && (c > 0 || c == 0 && i > 0) || most != nil && bytes.Compare(key, most) >= 0 {
		return errors.New("its keys are not in order")
	}
	return nil
}

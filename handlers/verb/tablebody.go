package verb

import (
	"slices"
	"time"

	"github.com/klauspost/compress/s2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// tableBody writes a table from rows that are kept with the leaves of the cache. The rows of most objects change with
// time in nothing but their age, which is put in when they are written; the others are made each time. It belongs to one
// request.
type tableBody struct {
	*answer
	h    *Handlers
	r    *pipeline.Request
	page *page
	now  time.Time
	// text are the kept rows of the last leaf, out is what is to be written.
	text, out []byte
	rows      int
}

// rowsKey is what the rows of a leaf are kept under.
type rowsKey struct {
	leafKey
	include metav1.IncludeObjectPolicy
}

// keptRows are the rows of a leaf.
type keptRows struct {
	packed []byte
	rows   []keptRow
}

// keptRow is where a row's text ends. A row without text is made each time.
type keptRow struct {
	end int32
	// age is where the age belongs, as of created; -1 when it has none.
	age     int32
	created time.Time
}

// rowBytes is what a keptRow takes, roughly.
const rowBytes = 32

func (t *tableBody) key(f form) rowsKey {
	return rowsKey{leafKey{t.r.Resource, t.Output, f}, t.include}
}

// write writes the whole table.
func (t *tableBody) write(meta metav1.ListMeta) error {
	head, err := codec.Table{Version: t.As.Version, Meta: meta, Columns: t.r.Resource.Columns.Definitions}.Head(nil)
	if err != nil {
		return err
	}
	buffer, rows := buffers.Get().(*[]byte), buffers.Get().(*[]byte)
	t.out, t.text = append((*buffer)[:0], head...), *rows
	defer func() {
		for to, b := range map[*[]byte][]byte{buffer: t.out, rows: t.text} {
			if cap(b) <= largeBuffer {
				*to = b[:0]
				buffers.Put(to)
			}
		}
	}()
	body := compressed(t.r)
	t.page.leaves(func(l cache.Leaf) bool {
		if _, kept := l.Find(t.key(items)); kept { // so it is not large, and its objects need not be looked at
			err = t.part(body, l)
			return err == nil
		}
		for part := range parts(l) {
			if err = t.part(body, part); err != nil {
				return false
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	if t.rows == 0 && t.r.Resource.Columns.Standard {
		t.out = codec.AppendNoRows(t.out)
	} else {
		t.out = append(t.out, codec.TableTail...)
	}
	t.out = append(t.out, '\n')
	if _, err := body.Write(t.out); err != nil {
		return err
	}
	return body.Close()
}

// part adds the rows of what is encoded together, when there is room for it, and writes what has come together.
func (t *tableBody) part(body *compressor, l cache.Leaf) error {
	size := 0
	if len(l.Entries) == 1 {
		size = encodedShare * l.Entries[0].Size()
	}
	release, err := t.h.roomForObjects(t.page).wait(t.r, size)
	if err != nil {
		return err
	}
	defer release()
	if err := t.leaf(l); err != nil || len(t.out) < gathered {
		return err
	}
	_, err = body.Write(t.out)
	if t.out = t.out[:0]; cap(t.out) > largeBuffer {
		t.out = nil // it has no room any more
	}
	return err
}

// leaf adds the rows of a leaf.
func (t *tableBody) leaf(l cache.Leaf) error {
	if kept, found := l.Find(t.key(items)); found {
		return t.fill(l, kept.(*keptRows))
	}
	if _, again := l.Find(t.key(requestedOnce)); again {
		k, err := t.make(l)
		if err != nil {
			return err
		}
		t.h.Store.Keep(l, t.key(items), k, len(k.packed)+rowBytes*len(k.rows))
		return t.fill(l, k)
	}
	t.h.Store.Keep(l, t.key(requestedOnce), nil, 0)
	for _, e := range l.Entries {
		if err := t.fresh(e); err != nil {
			return err
		}
	}
	return nil
}

// next puts what stands between rows.
func (t *tableBody) next() {
	if t.rows++; t.rows > 1 {
		t.out = append(t.out, ',')
	}
}

// fresh adds the row of an object as it is made.
func (t *tableBody) fresh(e *cache.Entry) error {
	t.next()
	value, release, err := unpack(e)
	if err != nil {
		return err
	}
	defer release()
	t.out, err = t.row(t.out, t.h, t.r.Resource, true, value, e.Revision)
	return err
}

// fill adds kept rows, with the ages of now.
func (t *tableBody) fill(l cache.Leaf, k *keptRows) (err error) {
	if t.text, err = s2.Decode(t.text[:cap(t.text)], k.packed); err != nil {
		return err
	}
	from := int32(0)
	for i, row := range k.rows {
		if row.end == from {
			if err := t.fresh(l.Entries[i]); err != nil {
				return err
			}
			continue
		}
		t.next()
		if row.age >= 0 {
			t.out = append(t.out, t.text[from:row.age]...)
			t.out = codec.AppendCell(t.out, duration.HumanDuration(t.now.Sub(row.created)))
			from = row.age
		}
		t.out = append(t.out, t.text[from:row.end]...)
		from = row.end
	}
	return nil
}

// make makes the rows of a leaf to be kept.
func (t *tableBody) make(l cache.Leaf) (*keptRows, error) {
	k := &keptRows{rows: make([]keptRow, len(l.Entries))}
	text := t.text[:0]
	for i, e := range l.Entries {
		value, release, err := unpack(e)
		if err != nil {
			return nil, err
		}
		o, err := t.r.Resource.Shown(value, e.Revision)
		if err == nil {
			text, k.rows[i], err = t.keep(text, o, value, e.Revision)
		}
		if release(); err != nil {
			return nil, err
		}
	}
	t.text, k.packed = text, slices.Clone(s2.Encode(nil, text))
	return k, nil
}

// farOff is a time after which nothing in a row that depends on the time is as it was.
const farOff = 40 * 365 * 24 * time.Hour

// keep appends the text of a row without its age. When more than the age changes with time, or something does that is
// not the age, nothing is appended.
func (t *tableBody) keep(text []byte, o object.Object, stored []byte, revision int64) ([]byte, keptRow, error) {
	res := t.r.Resource
	row := codec.Row{Cells: res.Columns.Cells(o, t.now)}
	if res.Columns.Conditions != nil {
		row.Conditions = res.Columns.Conditions(o)
	}
	out := keptRow{end: int32(len(text)), age: -1, created: o.GetCreationTimestamp().Time}
	later := res.Columns.Cells(o, t.now.Add(farOff))
	at := -1
	for i, cell := range row.Cells {
		if same, comparable := equal(cell, later[i]); same {
			continue
		} else if !comparable || at >= 0 || cell != duration.HumanDuration(t.now.Sub(out.created)) || later[i] != duration.HumanDuration(t.now.Add(farOff).Sub(out.created)) {
			return text, out, nil
		}
		at = i
	}
	start := len(text)
	if at >= 0 {
		row.Cells[at] = codec.NoCell
	}
	text, place, err := codec.AppendRowWithout(text, row, res.Codec, stored, revision, t.As.Version, t.include)
	if err != nil {
		return text[:start], out, err
	}
	if out.end = int32(len(text)); at >= 0 {
		out.age = int32(place)
	}
	return text, out, nil
}

// equal compares cells; those that cannot be compared are taken for different.
func equal(a, b any) (same, comparable bool) {
	switch a.(type) {
	case nil, string, bool, int, int32, int64:
		return a == b, true
	}
	return false, false
}

package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// MergePatch is a JSON merge patch (RFC 7386) that was read once and is applied as often as other writers come between.
// It copies the text of what it does not name, so that a small patch of a large object costs little.
type MergePatch struct {
	fields []mergeField
	// byName finds a field where there are many.
	byName map[string]int
	// whole is the patch as it came where it is too unusual to be taken apart here.
	whole []byte
}

// mergeField is one field of the patched object.
type mergeField struct {
	name string
	// text is the field with its name as the patch has it, value only the latter; there is none when the field is removed.
	text, value []byte
	// inner is what is patched in the object that the field may be; nil when the patch has another value for it.
	inner *MergePatch
}

// NewMergePatch reads a patch, which must be the text of a JSON object; its grammar is not checked.
func NewMergePatch(text []byte) (*MergePatch, error) {
	if !utf8.Valid(text) {
		return &MergePatch{whole: text}, nil
	}
	p, _, err := readMergePatch(text, 0)
	return p, err
}

// readMergePatch reads the object that starts at i and returns the index behind it.
func readMergePatch(text []byte, i int) (*MergePatch, int, error) {
	p := &MergePatch{}
	end, err := walk(text, i, func(m member) (_ int, err error) {
		f := mergeField{name: m.key}
		if text[m.value] == '{' {
			f.inner, m.to, err = readMergePatch(text, m.value)
		} else {
			m.to, err = skipValue(text, m.value)
		}
		if err != nil {
			return 0, err
		}
		if f.text = text[m.from:m.to]; text[m.value] != 'n' {
			f.value = text[m.value:m.to]
		}
		p.add(f)
		return m.to, nil
	})
	return p, end, err
}

// add adds a field. Of one that is there twice, the last counts.
func (p *MergePatch) add(f mergeField) {
	const few = 8
	i := p.find(f.name)
	if i >= 0 {
		p.fields[i] = f
		return
	}
	p.fields = append(p.fields, f)
	switch n := len(p.fields); {
	case n == few:
		p.byName = make(map[string]int, 2*few)
		for i := range p.fields {
			p.byName[p.fields[i].name] = i
		}
	case n > few:
		p.byName[f.name] = n - 1
	}
}

// find is the index of a field; -1 when there is none.
func (p *MergePatch) find(name string) int {
	if p.byName != nil {
		if i, found := p.byName[name]; found {
			return i
		}
		return -1
	}
	return slices.IndexFunc(p.fields, func(f mergeField) bool { return f.name == name })
}

// Remove has the patch remove a field, which is named by a path, too. False when the patch says otherwise of it, or cannot be
// changed.
func (p *MergePatch) Remove(path ...string) bool {
	if p.whole != nil {
		return false
	}
	i := p.find(path[0])
	switch last := len(path) == 1; {
	case last && i < 0:
		p.add(mergeField{name: path[0]})
		return true
	case last || i >= 0 && p.fields[i].inner == nil:
		return false
	case i >= 0:
		return p.fields[i].inner.Remove(path[1:]...)
	}
	inner := &MergePatch{}
	p.add(mergeField{name: path[0], text: nil, value: nil, inner: inner})
	return inner.Remove(path[1:]...)
}

// Apply appends the text of the object that the patch makes of another one. That may lie in dst.
func (p *MergePatch) Apply(dst, object []byte) ([]byte, error) {
	if p.whole != nil {
		out, err := jsonpatch.MergePatch(object, p.whole)
		return append(dst, out...), err
	}
	out, _, err := p.append(dst, object, 0)
	return out, err
}

// append appends the object that starts at i with the patch applied, and returns the index behind it. New fields stand
// last.
func (p *MergePatch) append(dst, object []byte, i int) ([]byte, int, error) {
	met := make([]bool, len(p.fields))
	dst = append(dst, '{')
	empty := len(dst)
	comma := func() {
		if len(dst) > empty {
			dst = append(dst, ',')
		}
	}
	end, err := walk(object, i, func(m member) (to int, err error) {
		var f *mergeField
		if i := p.find(m.key); i >= 0 {
			f = &p.fields[i]
			// A null is as if it were not there.
			met[i] = f.value == nil || object[m.value] != 'n'
		}
		if f != nil && f.inner != nil && object[m.value] == '{' {
			comma()
			dst = append(dst, object[m.from:m.value]...)
			dst, to, err = f.inner.append(dst, object, m.value)
			return to, err
		}
		if to, err = skipValue(object, m.value); err != nil {
			return 0, err
		}
		switch {
		case f == nil:
			comma()
			dst = append(dst, object[m.from:to]...)
		case f.value == nil || object[m.value] == 'n':
		case object[m.value] == '{':
			comma()
			dst = append(dst, f.text...)
		default:
			comma()
			dst, err = f.appendNew(dst)
		}
		return to, err
	})
	for i := range p.fields {
		if f := &p.fields[i]; err == nil && !met[i] && f.value != nil {
			comma()
			dst, err = f.appendNew(dst)
		}
	}
	return append(dst, '}'), end, err
}

// appendNew appends a field where there was none, or no object: then what the patch would remove inside it is left out.
func (f *mergeField) appendNew(dst []byte) ([]byte, error) {
	nested := f.value[0] == '{' || f.value[0] == '['
	if !nested || !bytes.Contains(f.value, []byte("null")) {
		return append(dst, f.text...), nil
	}
	name, err := json.Marshal(f.name)
	if err != nil {
		return dst, fmt.Errorf("patching %s: %w", f.name, err)
	}
	value, err := jsonpatch.MergePatch([]byte("{}"), f.value)
	if err != nil {
		return dst, fmt.Errorf("patching %s: %w", f.name, err)
	}
	return append(append(append(dst, name...), ':'), value...), nil
}

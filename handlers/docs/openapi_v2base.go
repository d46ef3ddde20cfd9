package docs

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/gatehouse-dev/gatehouse/handlers/gzjoin"
)

// baseV2 is the v2 document that the ready-made documents of some paths make, cut where other resources' members are put
// in. It is by far the most work, and resources that come and go do not change it.
type baseV2 struct {
	paths []string

	text struct {
		once                     sync.Once
		paths, definitions, tail *gzjoin.Piece // each begins what follows it
		// noPaths and noDefinitions say that these objects have no member of their own.
		noPaths, noDefinitions bool
		err                    error
	}
	binary struct {
		once sync.Once
		all  *gzjoin.Piece
		err  error
	}
}

// compress makes pieces, in order.
func compress(how func([]byte) (*gzjoin.Piece, error), texts ...[]byte) ([]*gzjoin.Piece, error) {
	out := make([]*gzjoin.Piece, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = how(text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// baseText makes the pieces of the JSON form.
func (o *OpenAPI) baseText(b *baseV2) error {
	b.text.once.Do(func() {
		o.making.Lock()
		defer o.making.Unlock()
		b.text.err = o.makeBase(b)
	})
	return b.text.err
}

func (o *OpenAPI) makeBase(b *baseV2) error {
	m, info, err := o.merge(b.paths)
	if err != nil {
		return err
	}
	var parts [4][]byte
	for i, part := range []any{info, m.paths, m.definitions, struct {
		Parameters          map[string]json.RawMessage `json:"parameters"`
		SecurityDefinitions any                        `json:"securityDefinitions"`
		Security            any                        `json:"security"`
	}{
		m.parameters,
		object{"BearerToken": object{"type": "apiKey", "name": "authorization", "in": "header", "description": bearerWords}},
		[]any{object{"BearerToken": []any{}}},
	}} {
		if parts[i], err = encodeDocument(part); err != nil {
			return err
		}
	}
	open := func(b []byte) []byte { return b[:len(b)-1] } // an object without its last brace
	pieces, err := compress(gzjoin.CompressWell,
		slices.Concat([]byte(`{"swagger":"2.0","info":`), parts[0], []byte(`,"paths":`), open(parts[1])),
		slices.Concat([]byte(`},"definitions":`), open(parts[2])),
		slices.Concat([]byte(`},`), parts[3][1:]))
	if err != nil {
		return err
	}
	b.text.paths, b.text.definitions, b.text.tail = pieces[0], pieces[1], pieces[2]
	b.text.noPaths, b.text.noDefinitions = len(m.paths) == 0, len(m.definitions) == 0
	return nil
}

// textV2 is the v2 document in JSON.
func (o *OpenAPI) textV2(m *merged) (joinedBody, error) {
	if err := o.baseText(m.base); err != nil {
		return nil, err
	}
	others, err := o.othersV2(m)
	if err != nil {
		return nil, err
	}
	t := &m.base.text
	var paths, definitions []*gzjoin.Piece
	for _, p := range others {
		paths, definitions = append(paths, p.paths), append(definitions, p.definitions)
	}
	j := joinedBody{{piece: t.paths}}.members(t.noPaths, paths)
	j = append(j, segment{piece: t.definitions}).members(t.noDefinitions, definitions)
	return append(j, segment{piece: t.tail}), nil
}

// binaryV2 is the v2 document in protobuf, where a message that follows another is merged with it.
func (o *OpenAPI) binaryV2(m *merged) (joinedBody, error) {
	if err := o.baseText(m.base); err != nil {
		return nil, err
	}
	b := &m.base.binary
	b.once.Do(func() {
		o.making.Lock()
		defer o.making.Unlock()
		t := &m.base.text
		var text, all []byte
		if text, b.err = (joinedBody{{piece: t.paths}, {piece: t.definitions}, {piece: t.tail}}).unpack(); b.err != nil {
			return
		}
		if all, b.err = encodeOpenAPI(text, openapiV2); b.err == nil {
			b.all, b.err = gzjoin.CompressWell(all)
		}
	})
	if b.err != nil {
		return nil, b.err
	}
	others, err := o.othersV2(m)
	if err != nil {
		return nil, err
	}
	j := joinedBody{{piece: b.all}}
	for _, p := range others {
		binary, err := p.protobuf(o)
		if err != nil {
			return nil, err
		}
		j = append(j, segment{piece: binary})
	}
	return j, nil
}

// hashV2 follows from the hashes of what is merged.
func (o *OpenAPI) hashV2(m *merged) (string, error) {
	m.hashOnce.Do(func() {
		var all []byte
		for _, path := range m.builtIn {
			h, err := o.hash(path)
			if err != nil {
				m.hashErr = err
				return
			}
			all = append(append(all, path...), h...)
		}
		for v := range m.others() {
			all = append(append(all, v.path()...), o.hashOther(v)...)
		}
		m.hash = hash(all)
	})
	return m.hash, m.hashErr
}

package docs

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"

	"github.com/gatehouse-dev/gatehouse/handlers/gzjoin"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// partV2 is what one resource.Document adds to the v2 document. It is made once and kept while other parts come and go.
type partV2 struct {
	of resource.Document

	once               sync.Once
	paths, definitions *gzjoin.Piece
	err                error

	binaryOnce sync.Once
	binary     *gzjoin.Piece
	binaryErr  error
}

func (v *groupVersion) path() string { return "apis/" + v.Group + "/" + v.Name }

// partsOf are the documents of a version that is not ready-made, in the order of its resources. Those that the version had
// before are taken over.
func partsOf(v *resource.Version, before []*partV2) []*partV2 {
	kept := make(map[resource.Document]*partV2, len(before))
	for _, p := range before {
		kept[p.of] = p
	}
	var out []*partV2
	add := func(d resource.Document) {
		if d == nil {
			return
		}
		p := kept[d]
		if p == nil {
			p = &partV2{of: d}
		}
		out = append(out, p)
	}
	if v.Elsewhere != nil {
		add(v.Elsewhere.Document)
		return out
	}
	for r := range v.Resources() {
		add(r.Document)
	}
	return out
}

// others are the versions that are published and not ready-made.
func (m *merged) others() iter.Seq[*groupVersion] {
	return func(yield func(*groupVersion) bool) {
		for _, g := range m.view.groups {
			for _, v := range g.versions {
				if len(v.parts) > 0 && !m.isReady(v.path()) && !yield(v) {
					return
				}
			}
		}
	}
}

func (m *merged) isReady(path string) bool {
	_, ready := slices.BinarySearch(m.builtIn, path)
	return ready
}

// other finds one of others by its path.
func (m *merged) other(path string) *groupVersion {
	part := strings.Split(path, "/")
	if len(part) != 3 || part[0] != "apis" || m.isReady(path) {
		return nil
	}
	if g := m.view.group(part[1]); g != nil {
		if v := g.version(part[2]); v != nil && len(v.parts) > 0 {
			return v
		}
	}
	return nil
}

// hashOther is known without making the document.
func (o *OpenAPI) hashOther(v *groupVersion) string {
	v.document.hashOnce.Do(func() {
		var all []byte
		for _, p := range v.parts {
			all = append(append(all, p.of.Tag()...), 0)
		}
		v.document.hash = hash(append(all, o.revision...))
	})
	return v.document.hash
}

// othersV2 are the v2 parts of all of them.
func (o *OpenAPI) othersV2(m *merged) ([]*partV2, error) {
	var out []*partV2
	for v := range m.others() {
		for _, p := range v.parts {
			p.once.Do(func() { p.err = p.make(o) })
			if p.err != nil {
				return nil, fmt.Errorf("OpenAPI v2 of %s: %w", v.path(), p.err)
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func (p *partV2) make(o *OpenAPI) error {
	members, err := p.of.V2()
	if err == nil && members.Plain {
		members, err = o.olderMembers(members)
	}
	if err != nil {
		return err
	}
	pieces, err := compress(gzjoin.Compress, members.Paths, members.Schemas)
	if err != nil {
		return err
	}
	p.paths, p.definitions = pieces[0], pieces[1]
	return nil
}

// protobuf is the part as a message that is merged with what it follows: one without the members of the document itself.
func (p *partV2) protobuf(o *OpenAPI) (*gzjoin.Piece, error) {
	p.binaryOnce.Do(func() {
		o.making.Lock()
		defer o.making.Unlock()
		text, err := joinedBody{{text: `{"swagger":"2.0","info":{"title":"","version":""},"paths":{`}, {piece: p.paths}, {text: `},"definitions":{`}, {piece: p.definitions}, {text: `}}`}}.unpack()
		if err != nil {
			p.binaryErr = err
			return
		}
		m, err := openapi_v2.ParseDocument(text)
		if err != nil {
			p.binaryErr = fmt.Errorf("OpenAPI document to protobuf: %w", err)
			return
		}
		m.Swagger, m.Info = "", nil
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err == nil {
			p.binary, err = gzjoin.Compress(b)
		}
		p.binaryErr = err
	})
	return p.binary, p.binaryErr
}

// makeOther is the v3 document of a version: its resources' members, and the schemas that they share with all others.
func (o *OpenAPI) makeOther(v *groupVersion) ([]byte, error) {
	var paths, schemas []byte
	shared := map[string]bool{}
	for _, p := range v.parts {
		m, err := p.of.V3()
		if err == nil && m.Plain {
			m, err = o.describedMembers(m)
		}
		if err != nil {
			return nil, fmt.Errorf("OpenAPI document %s: %w", v.path(), err)
		}
		paths, schemas = appendMembers(paths, m.Paths), appendMembers(schemas, m.Schemas)
		for _, name := range m.Shared {
			shared[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		if err := o.share(name, shared); err != nil {
			return nil, fmt.Errorf("OpenAPI document %s: %w", v.path(), err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		schemas = appendMembers(schemas, o.shared[name].member)
	}
	return slices.Concat([]byte(`{"openapi":"3.0.0","info":{"title":"Kubernetes CRD Swagger","version":"v0.1.0"},"paths":{`), paths,
		[]byte(`},"components":{"schemas":{`), schemas, []byte("}}}")), nil
}

// appendMembers appends members of a JSON object to others.
func appendMembers(dst, members []byte) []byte {
	if len(members) == 0 {
		return dst
	}
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	return append(dst, members...)
}

// sharedSchema is a schema of the ready-made documents that other documents need too.
type sharedSchema struct {
	// member is its name and itself, as a member of an object.
	member []byte
	refers []string
}

// share makes sure that a schema is in o.shared, and puts it and all that it refers to into the set. It is called while a
// document is made.
func (o *OpenAPI) share(name string, set map[string]bool) error {
	if o.shared[name] == nil {
		if err := o.readShared(name); err != nil {
			return err
		}
	}
	set[name] = true
	for _, other := range o.shared[name].refers {
		if !set[other] {
			if err := o.share(other, set); err != nil {
				return err
			}
		}
	}
	return nil
}

// readShared looks for a schema in the ready-made documents. The first that has it has what it refers to as well.
func (o *OpenAPI) readShared(name string) error {
	for _, path := range o.documents.Paths() {
		source, err := o.documents.Document(path)
		if err != nil {
			return err
		}
		if !bytes.Contains(source, []byte(name)) {
			continue
		}
		d, err := o.described(path)
		if err != nil {
			return err
		}
		all := child(child(d, "components"), "schemas")
		if all[name] == nil {
			continue
		}
		if o.shared == nil {
			o.shared = map[string]*sharedSchema{}
		}
		return o.keepShared(name, all)
	}
	return fmt.Errorf("no document has a schema %s", name)
}

func (o *OpenAPI) keepShared(name string, all object) error {
	if o.shared[name] != nil {
		return nil
	}
	schema, err := encodeDocument(object{name: all[name]})
	if err != nil {
		return err
	}
	s := &sharedSchema{member: bytes.Clone(schema[1 : len(schema)-1])}
	o.shared[name] = s
	eachReference(all[name], func(ref string) { s.refers = append(s.refers, strings.TrimPrefix(ref, "#/components/schemas/")) })
	for _, other := range s.refers {
		if all[other] == nil {
			return fmt.Errorf("schema %s refers to %s, which is not there", name, other)
		}
		if err := o.keepShared(other, all); err != nil {
			return err
		}
	}
	return nil
}

// eachReference visits the references in a schema.
func eachReference(x any, visit func(string)) {
	switch t := x.(type) {
	case object:
		for key, value := range t {
			if ref, ok := value.(string); ok && key == "$ref" {
				visit(ref)
			} else {
				eachReference(value, visit)
			}
		}
	case []any:
		for _, one := range t {
			eachReference(one, visit)
		}
	}
}

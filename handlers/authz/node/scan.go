package node

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// A scan finds a few values in a stored object without building it: most changes are to the status of a pod, and most of a
// pod says nothing about what its node may read.

// fact is what a value means; 0 is nothing.
type fact uint8

// path is a field that is looked for. As a fact of a structure, it tells that one has ended.
type path struct {
	fields string
	fact   fact
}

// plan is what is looked for in one message, by the position of its fields.
type plan struct {
	message *schema.Message
	fields  []planned
}

type planned struct {
	fact fact
	next *plan
}

// newPlan finds the paths in the tables of the kind.
func newPlan(apiVersion, kind string, paths []path) (*plan, error) {
	message := schema.ByKind(apiVersion, kind)
	if message == nil {
		return nil, fmt.Errorf("%s %s is not a built-in kind", apiVersion, kind)
	}
	p := &plan{message: message}
	for _, x := range paths {
		if err := p.add(strings.Split(x.fields, "."), x.fact); err != nil {
			return nil, fmt.Errorf("%s %s: %s: %w", apiVersion, kind, x.fields, err)
		}
	}
	return p, nil
}

func (p *plan) add(names []string, f fact) error {
	if p.fields == nil {
		p.fields = make([]planned, p.message.Count)
	}
	for i, field := range p.message.Fields() {
		if field.Name != names[0] {
			continue
		}
		switch {
		case len(names) == 1 && (field.Kind == schema.String || field.Kind == schema.Struct):
			p.fields[i].fact = f
			return nil
		case len(names) > 1 && field.Kind == schema.Struct:
			if p.fields[i].next == nil {
				p.fields[i].next = &plan{message: field.Element()}
			}
			return p.fields[i].next.add(names[1:], f)
		}
		return fmt.Errorf("%s is neither text nor a structure", field.Name)
	}
	return fmt.Errorf("%s has no field %s", p.message.Name, names[0])
}

var (
	errForm = errors.New("not a stored object")
	errWire = errors.New("malformed protobuf")
)

// magic opens a stored object.
var magic = []byte("k8s\x00")

// open finds kind, version and content in what is stored.
func open(stored []byte) (apiVersion, kind string, raw []byte, err error) {
	if !bytes.HasPrefix(stored, magic) {
		return "", "", nil, errForm
	}
	err = eachField(stored[len(magic):], func(number protowire.Number, value []byte) error {
		switch number {
		case 1:
			return eachField(value, func(number protowire.Number, value []byte) error {
				switch number {
				case 1:
					apiVersion = string(value)
				case 2:
					kind = string(value)
				}
				return nil
			})
		case 2:
			raw = value
		}
		return nil
	})
	return apiVersion, kind, raw, err
}

// eachField calls f with every field that has a length.
func eachField(b []byte, f func(protowire.Number, []byte) error) error {
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if wire != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, wire, b); n < 0 {
				return errWire
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := f(number, value); err != nil {
			return err
		}
	}
	return nil
}

// run calls found with every value that is looked for, in the order of the bytes. The value of a map is its key; that of a
// structure is nil and comes after all that is in it.
func (p *plan) run(raw []byte, found func(fact, []byte)) error {
	return p.group(raw, p.message.Group, found)
}

func (p *plan) group(raw []byte, g schema.Group, found func(fact, []byte)) error {
	return eachField(raw, func(number protowire.Number, value []byte) error {
		node := g.Lookup(uint64(number))
		if node.Inlined != 0 {
			return p.group(value, node.Inline(), found)
		}
		if node.Field == 0 || int(node.Field) > len(p.fields) {
			return nil
		}
		x := p.fields[node.Field-1]
		switch field := &p.message.Fields()[node.Field-1]; {
		case x.next != nil:
			if err := x.next.run(value, found); err != nil {
				return err
			}
			if x.fact != 0 {
				found(x.fact, nil)
			}
		case x.fact == 0:
		case field.Flags&schema.Map != 0:
			return eachField(value, func(number protowire.Number, key []byte) error {
				if number == 1 {
					found(x.fact, key)
				}
				return nil
			})
		case field.Kind == schema.Struct:
			found(x.fact, nil)
		default:
			found(x.fact, value)
		}
		return nil
	})
}

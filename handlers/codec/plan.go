package codec

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/gen/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// plan joins a message with the Go struct that holds it. Plans are made on first use and kept for ever; they are
// immutable once they are published.
type plan struct {
	message *schema.Message
	// fields in the order of the message's.
	fields []planField
	// nodes are the fields by ascending number, as they stand on the wire.
	nodes []planNode
	// byName finds a field by its name in JSON.
	byName map[string]int
	// unions says that there are values, at any depth, that JSON decoding leaves unread: schemas or something else.
	unions bool
}

type planField struct {
	*schema.Field
	// index is the Go field's; -1 for apiVersion and kind.
	index int
	// goName is for error messages.
	goName string
	// element is the plan of a Struct.
	element *plan
}

// planNode is a field, or a struct that is inlined in Go and JSON but a message on the wire.
type planNode struct {
	number  uint64
	field   *planField
	inlined []planNode
}

var plans struct {
	sync.RWMutex
	byType map[reflect.Type]*plan
}

// planFor is the plan of a struct type whose message is known.
func planFor(t reflect.Type, m *schema.Message) (*plan, error) {
	plans.RLock()
	p := plans.byType[t]
	plans.RUnlock()
	if p != nil {
		return p, nil
	}
	plans.Lock()
	defer plans.Unlock()
	// Types refer to each other and to themselves, so a plan must be findable before it is complete; only a set of
	// complete ones may be published.
	made := map[reflect.Type]*plan{}
	p, err := makePlan(t, m, made)
	if err != nil {
		return nil, err
	}
	all := make(map[reflect.Type]*plan, len(plans.byType)+len(made))
	for t, p := range plans.byType {
		all[t] = p
	}
	for t, p := range made {
		p.unions = p.hasUnion(map[*plan]bool{})
		all[t] = p
	}
	plans.byType = all
	return p, nil
}

func makePlan(t reflect.Type, m *schema.Message, made map[reflect.Type]*plan) (*plan, error) {
	if p := plans.byType[t]; p != nil {
		return p, nil
	}
	if p := made[t]; p != nil {
		return p, nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is no struct for %s", t, m.Name)
	}
	p := &plan{message: m, fields: make([]planField, m.Count), byName: make(map[string]int, m.Count)}
	made[t] = p
	goFields := object.JSONFields(t)
	fields := m.Fields()
	for i := range fields {
		f := &p.fields[i]
		f.Field, f.index = &fields[i], -1
		p.byName[f.Name] = i
		if f.Number == 0 {
			continue
		}
		n, ok := goFields[f.Name]
		if !ok {
			return nil, fmt.Errorf("%v has no field %s", t, f.Name)
		}
		f.index, f.goName = n, t.Field(n).Name
		if f.Kind != schema.Struct {
			continue
		}
		e := t.Field(n).Type
		if f.Flags&(schema.Repeated|schema.Map) != 0 {
			e = e.Elem()
		} else if f.Flags&schema.Pointer != 0 {
			e = e.Elem()
		}
		var err error
		if f.element, err = makePlan(e, f.Element(), made); err != nil {
			return nil, err
		}
	}
	p.nodes = p.group(m.Group)
	return p, nil
}

func (p *plan) hasUnion(seen map[*plan]bool) bool {
	if seen[p] {
		return false
	}
	seen[p] = true
	for i := range p.fields {
		if f := &p.fields[i]; f.Kind > schema.AnyJSON || f.element != nil && f.element.hasUnion(seen) {
			return true
		}
	}
	return false
}

func (p *plan) group(g schema.Group) (nodes []planNode) {
	for number := range uint64(g.Nodes) {
		switch n := g.Lookup(number); {
		case n.Field != 0:
			nodes = append(nodes, planNode{number: number, field: &p.fields[n.Field-1]})
		case n.Inlined != 0:
			nodes = append(nodes, planNode{number: number, inlined: p.group(n.Inline())})
		}
	}
	return nodes
}

const (
	generatedTypes = "github.com/gatehouse-dev/gatehouse/gen/types/"
	metaTypes      = "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// planOf is the plan of any object: a generated one, or one of apimachinery's meta/v1.
func planOf(o any) (*plan, reflect.Value, error) {
	v := reflect.ValueOf(o)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, v, fmt.Errorf("object %T does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message", o)
	}
	v = v.Elem()
	t := v.Type()
	plans.RLock()
	p := plans.byType[t]
	plans.RUnlock()
	if p != nil {
		return p, v, nil
	}
	var m *schema.Message
	if file, ok := strings.CutPrefix(t.PkgPath(), generatedTypes); ok {
		m = schema.ByName(file + "." + t.Name())
	} else if t.PkgPath() == metaTypes {
		m = schema.ByName("meta/v1." + t.Name())
	}
	if m == nil {
		return nil, v, fmt.Errorf("object %T does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message", o)
	}
	p, err := planFor(t, m)
	return p, v, err
}

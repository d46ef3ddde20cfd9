package schema

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/common"
)

// run evaluates the rules in CEL of a value and of all in it, as upstream's library does, but each node's with a validator of that
// node alone. What the rules of one object may cost together is handed from one to the next.
type run struct {
	pool   *Pool
	budget int64
	faults field.ErrorList
}

// value evaluates the rules of a node with a value, then those below. It is false when the budget is spent. old is nil where nothing
// corresponds to the value.
func (r *run) value(ctx context.Context, n *node, at *field.Path, x, old any, root bool) bool {
	if x == nil || n == nil || !n.has(rules) {
		return true
	}
	if n.rare().rules != "" {
		validator, err := r.pool.programs.of(n, root)
		if err != nil {
			r.faults = append(r.faults, field.InternalError(at, err))
			return false
		}
		faults, left := validator.Validate(ctx, at, nil, x, old, r.budget)
		r.faults, r.budget = append(r.faults, faults...), left
		if left < 0 {
			return false
		}
	}
	switch x := x.(type) {
	case map[string]any:
		old, _ := old.(map[string]any)
		return r.members(ctx, n, at, x, old)
	case []any:
		if n.items == nil || !n.items.has(rules) {
			return true
		}
		old, _ := old.([]any)
		before := correspondents(n, old)
		for i, v := range x {
			if !r.value(ctx, n.items, at.Index(i), v, before.Get(v), n.items.is(embeds)) {
				return false
			}
		}
	}
	return true
}

func (r *run) members(ctx context.Context, n *node, at *field.Path, x, old map[string]any) bool {
	if n.addl != nil && n.addl.has(rules) {
		for k, v := range x {
			if !r.value(ctx, n.addl, at.Key(k), v, old[k], n.addl.is(embeds)) {
				return false
			}
		}
	}
	for k, v := range x {
		if p := n.prop(k); p != nil && p.has(rules) && !r.value(ctx, p, at.Child(k), v, old[k], p.is(embeds)) {
			return false
		}
	}
	return true
}

// correspondents finds the old items of a list that is a map.
func correspondents(n *node, old []any) common.MapList {
	m := n.rare()
	s := &schema.Structural{Generic: schema.Generic{Type: "array"}, Extensions: schema.Extensions{XListMapKeys: m.keys}}
	if m.listType != "" {
		s.XListType = &m.listType
	}
	return common.MakeMapList(&model.Structural{Structural: s}, old)
}

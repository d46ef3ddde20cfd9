package consistency

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"
)

// register is what one key is to porcupine: the value it has, or none. Values are never written twice, so they take the
// place of versions.
//
// An operation of unknown outcome lasts until the end of time. That it never happened is then the same as that it
// happens after everything else, where nobody sees what it does.
var register = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, _ any) (bool, any) {
		value, o := state.(string), input.(operation)
		next, told := o.apply(value)
		switch {
		case o.kind == get:
			return o.got.value == value, value
		case o.outcome == unknown:
			return true, next
		}
		return o.outcome == told, next
	},
	DescribeOperation: func(input, _ any) string {
		o := input.(operation)
		return fmt.Sprintf("%s %s -> %s %s", o.kind, o.value, o.outcome, o.got.value)
	},
}

// apply is what a write makes of a value and what its client is to be told.
func (o operation) apply(value string) (string, outcome) {
	switch {
	case o.kind == create && value != "":
		return value, exists
	case o.kind == create:
		return o.value, done
	case value == "":
		return value, absent
	case (o.kind == put || o.kind == patchSeen || o.kind == removeSeen) && o.seen.value != value:
		return value, conflict
	case o.kind == remove || o.kind == removeSeen:
		return "", done
	case o.kind == get:
		return value, done
	}
	return o.value, done
}

// linearizable checks every key by itself. Lists that must be the newest state count as a read of each key.
func linearizable(h *history, keys []string) []string {
	var faults []string
	for _, key := range keys {
		var ops []porcupine.Operation
		for _, o := range h.ops {
			if o.key != key || o.kind == get && o.outcome == unknown {
				continue
			}
			answer := int64(o.answer)
			if o.outcome == unknown {
				answer = math.MaxInt64
			}
			ops = append(ops, porcupine.Operation{ClientId: o.client, Input: o, Call: int64(o.call), Return: answer})
		}
		for _, l := range h.listings {
			if l.form == newest {
				read := operation{kind: get, key: key, outcome: done, got: l.items[key]}
				ops = append(ops, porcupine.Operation{ClientId: l.client, Input: read, Call: int64(l.call), Return: int64(l.answer)})
			}
		}
		if !porcupine.CheckOperations(register, ops) {
			faults = append(faults, fmt.Sprintf("%s: no order of its %d operations explains their answers", key, len(ops)))
		}
	}
	return faults
}

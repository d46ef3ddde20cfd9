package patch

import (
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func variables(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = map[string]any{"name": fmt.Sprint("A", i)}
	}
	return out
}

func containers(n int, of func(i int) map[string]any) map[string]any {
	list := make([]any, n)
	for i := range list {
		list[i] = of(i)
		list[i].(map[string]any)["name"] = fmt.Sprint("c", i)
	}
	return map[string]any{"spec": map[string]any{"containers": list}}
}

func TestCheckCost(t *testing.T) {
	meta, err := strategicpatch.NewPatchMetaFromStruct(&corev1.Pod{})
	if err != nil {
		t.Fatal(err)
	}
	env := func(n int) func(int) map[string]any {
		return func(int) map[string]any { return map[string]any{"env": variables(n)} }
	}
	args := func(n int) func(int) map[string]any {
		return func(int) map[string]any { return map[string]any{"args": make([]any, n)} }
	}
	for name, c := range map[string]struct {
		original, patch map[string]any
		refused         bool
	}{
		"one of many":                        {containers(1, env(100000)), containers(1, env(1)), false},
		"many containers with some each":     {containers(100, env(200)), containers(100, env(200)), false},
		"four thousand of as many":           {containers(1, env(4000)), containers(1, env(4000)), false},
		"five thousand of as many":           {containers(1, env(5000)), containers(1, env(5000)), true},
		"many containers with very many":     {containers(20, env(1000)), containers(20, env(1000)), true},
		"a list that is replaced":            {containers(1, args(50000)), containers(1, args(50000)), false},
		"what was not there":                 {map[string]any{}, containers(1, env(50000)), false},
		"no list any more":                   {containers(1, env(5000)), map[string]any{"spec": map[string]any{"containers": nil}}, false},
		"another type":                       {map[string]any{"spec": "x"}, containers(1, env(5000)), false},
		"unknown fields":                     {map[string]any{"x": variables(5000)}, map[string]any{"x": variables(5000)}, false},
		"an order":                           {map[string]any{"spec": map[string]any{"volumes": variables(5000)}}, map[string]any{"spec": map[string]any{"$setElementOrder/volumes": variables(5000)}}, true},
		"elements that are no objects":       {map[string]any{"spec": map[string]any{"containers": []any{1.0, "x"}}}, map[string]any{"spec": map[string]any{"containers": []any{1.0, nil}}}, false},
		"elements without their key, merged": {containers(1, env(10)), map[string]any{"spec": map[string]any{"containers": []any{map[string]any{}}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := checkCost(c.original, c.patch, meta); apierrors.IsRequestEntityTooLargeError(err) != c.refused {
				t.Errorf("%v", err)
			}
		})
	}
}

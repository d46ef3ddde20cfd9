package mutate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func causes(status map[string]any) (out []string) {
	details, _ := status["details"].(map[string]any)
	list, _ := details["causes"].([]any)
	for _, c := range list {
		cause, _ := c.(map[string]any)
		text := fmt.Sprintf("%v: %v", cause["field"], cause["message"])
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(list) == 0 {
		out = append(out, fmt.Sprint(status["message"]))
	}
	return out
}

// own are the parts of an object that each server makes for itself.
var own = []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "clusterIP", "clusterIPs",
	"controller-uid", "batch.kubernetes.io/controller-uid", "nodePort", "healthCheckNodePort", "lastTransitionTime", "lastPhaseTransitionTime",
	"token", "expirationTimestamp"}

func stripped(object map[string]any) map[string]any {
	for _, k := range own {
		delete(object, k)
	}
	for _, v := range object {
		strip(v)
	}
	return object
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		stripped(v)
	case []any:
		for _, x := range v {
			strip(x)
		}
	}
}

// difference says how two verdicts differ; "" when they do not.
func difference(ours, theirs verdict) string {
	var out []string
	show := func(what string, a, b any) {
		x, y := text(a), text(b)
		if x != y {
			x, y = apart(x, y)
			out = append(out, fmt.Sprintf("  %s\n    reference %s\n    ours      %s", what, y, x))
		}
	}
	show("code", ours.Code, theirs.Code)
	show("warnings", ours.Warnings, theirs.Warnings)
	show("causes", ours.Causes, theirs.Causes)
	if len(out) == 0 {
		show("object", ours.Object, theirs.Object)
	}
	return strings.Join(out, "\n")
}

// apart leaves out most of what two long texts begin with alike.
func apart(a, b string) (string, string) {
	const kept, most = 60, 1500
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n > kept {
		a, b = "..."+a[n-kept:], "..."+b[n-kept:]
	}
	return a[:min(len(a), most)], b[:min(len(b), most)]
}

// onlyOrder says whether two verdicts have the same causes in another order.
func onlyOrder(a, b verdict) bool {
	x, y := slices.Sorted(slices.Values(a.Causes)), slices.Sorted(slices.Values(b.Causes))
	return a.Code == b.Code && slices.Equal(a.Warnings, b.Warnings) && slices.Equal(x, y)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

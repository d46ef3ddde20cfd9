package mutate

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func causes(status map[string]any) (out []string) {
	details, _ := status["details"].(map[string]any)
	list, _ := details["causes"].([]any)
	for _, c := range list {
		cause, _ := c.(map[string]any)
		text := ownInText.ReplaceAllString(fmt.Sprintf("%v: %v", cause["field"], cause["message"]), "<own>")
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(list) == 0 {
		out = append(out, ownInText.ReplaceAllString(fmt.Sprint(status["message"]), "<own>"))
	}
	return out
}

// ownInText is what a message quotes of what each server made for itself: uids, versions, times,
// generated names.
var ownInText = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|ResourceVersion in record \(\d+\)|\\"time\\":\\"[^"]*"|g-[a-z0-9]{5}\b`)

// own are the parts of an object that each server makes for itself.
var own = []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "clusterIP", "clusterIPs",
	"controller-uid", "batch.kubernetes.io/controller-uid", "nodePort", "healthCheckNodePort", "lastTransitionTime", "lastPhaseTransitionTime",
	"token", "expirationTimestamp"}

func stripped(object map[string]any) map[string]any {
	for _, k := range own {
		delete(object, k)
	}
	for k, v := range object {
		if name, ok := v.(string); ok && k == "name" {
			object[k] = ownInText.ReplaceAllString(name, "<own>")
		}
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
	if len(ours.Causes) > 0 && len(theirs.Causes) > 0 {
		for _, side := range []struct {
			name string
			only []string
		}{{"the reference", without(theirs.Causes, ours.Causes)}, {"ours", without(ours.Causes, theirs.Causes)}} {
			for _, c := range side.only[:min(len(side.only), mostOnly)] {
				out = append(out, fmt.Sprintf("    only %s: %s", side.name, c[:min(len(c), most)]))
			}
		}
	}
	if len(out) == 0 {
		show("object", ours.Object, theirs.Object)
	}
	return strings.Join(out, "\n")
}

// without is a without what b has, too.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// most is how much of a text is shown, mostOnly how many causes that one side alone has.
const most, mostOnly = 1500, 20

// apart leaves out most of what two long texts begin with alike.
func apart(a, b string) (string, string) {
	const kept = 60
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
	return a.Code == b.Code && slices.Equal(a.Warnings, b.Warnings) && slices.Equal(x, y) && text(a.Object) == text(b.Object)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// spoil puts another kind of value into the place of the nth leaf of a map, counted in the order of its keys. It returns how many
// leaves it has met.
func spoil(value any, n int, with any) (out any, met int) {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			inner, more := spoil(v[k], n-met, with)
			v[k] = inner
			met += more
		}
		return v, met
	case []any:
		for i := range v {
			inner, more := spoil(v[i], n-met, with)
			v[i] = inner
			met += more
		}
		return v, met
	}
	if n == 0 {
		return with, 1
	}
	return value, 1
}

// What a strategic merge patch leaves becomes the same object here and upstream, with the same faults and unknown fields.
func TestPatchedContent(t *testing.T) {
	d, turn := differences{}, 0
	wrongs := []any{nil, "x", int64(7), 1.5, true, map[string]any{"q": int64(1)}, []any{"q"}}
	fuzzed(t, func(gvk schema.GroupVersionKind, theirs runtime.Object) {
		if strings.HasSuffix(gvk.Kind, "List") {
			return
		}
		text, err := json.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		turn++
		with := wrongs[turn%len(wrongs)]
		content := func() (out map[string]any) {
			if err := unmarshal(text, &out); err != nil {
				t.Fatal(err)
			}
			out["unknown"] = true
			if with != nil {
				_, n := spoil(out, -1, nil)
				spoil(out, turn%n, with)
			}
			return out
		}
		want := reflect.New(reflect.TypeOf(theirs).Elem()).Interface().(runtime.Object)
		wrong := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content(), want, true)
		strict, isStrict := runtime.AsStrictDecodingError(wrong)

		got := resources.Kinds[gvk]()
		patched, _ := json.Marshal(content())
		warnings, err := Body{Kind: gvk}.decodePatched(resource.Patched{Text: patched, Content: content()}, got)
		switch {
		case wrong != nil && !isStrict:
			if err == nil || !strings.HasSuffix(typeNames(err.Error()), ": "+typeNames(wrong.Error())) {
				d[fmt.Sprintf("%s with %v: want %v, got %v", gvk.Kind, with, wrong, err)]++
			}
			return
		case err != nil:
			d[fmt.Sprintf("%s with %v: %v", gvk.Kind, with, err)]++
			return
		}
		var told []string
		for _, e := range strict.Errors() {
			told = append(told, e.Error())
		}
		if !slices.Equal(told, warnings) {
			d[fmt.Sprintf("%s with %v: want %q got %q", gvk.Kind, with, told, warnings)]++
		}
		want.GetObjectKind().SetGroupVersionKind(gvk)
		if a, b := canonical(t, want), canonical(t, got); !bytes.Equal(a, b) {
			d.at(gvk.Kind, a, b)
		}
	})
	d.report(t)
	if turn < 200 {
		t.Errorf("only %d objects", turn)
	}
}

// canonical is an object as JSON with sorted keys: parts of schemas are kept as they came.
func canonical(t *testing.T, o runtime.Object) []byte {
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var content any
	if err := unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(content); err != nil {
		t.Fatal(err)
	}
	return text
}

var namedString = regexp.MustCompile(`to [a-z0-9]+\.[A-Z]\w+$`)

// typeNames is an error without the names of string types: the generated types have none of their own.
func typeNames(text string) string { return namedString.ReplaceAllString(text, "to string") }

// The result of a patch must say its version, and may leave out its kind; of one without a version only the metadata at its top
// are read.
func TestPatchedVersion(t *testing.T) {
	body, err := NewTypedBody(podKind)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text     string
		name     string
		warnings []string
		fault    string
	}{
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`, "a", nil, ""},
		{`{"apiVersion":"v1","metadata":{"name":"a"}}`, "a", nil, ""},
		{`{"apiVersion":"v1","kind":"","metadata":{"name":"a"}}`, "a", nil, ""},
		{`{"kind":"Pod","metadata":{"name":"a"}}`, "", []string{`unknown field "metadata"`}, ""},
		{`{"apiVersion":"","metadata":{"name":"a"},"spec":{}}`, "", []string{`unknown field "metadata"`, `unknown field "spec"`}, ""},
		{`{"name":"b","labels":{"x":"y"}}`, "b", nil, ""},
		{`{"name":5}`, "", nil, "cannot unmarshal number"},
		{`{"apiVersion":"apps/v1","metadata":{"name":"a"}}`, "", nil, `no kind "Pod" is registered for version "apps/v1"`},
		{`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}`, "", nil, "converting (v1.Secret) to (core.Pod)"},
		{`{"apiVersion":5}`, "", nil, "couldn't get version/kind"},
	} {
		for _, ignore := range []bool{false, true} {
			p, want := resource.Patched{Text: []byte(c.text)}, c.warnings
			if ignore {
				p.Validation, want = "Ignore", nil
			}
			o, warnings, err := body.DecodePatched(p)
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Errorf("%s: %v", c.text, err)
				}
				continue
			}
			if err != nil || o.GetName() != c.name || !slices.Equal(warnings, want) || o.GetObjectKind().GroupVersionKind() != podKind {
				t.Errorf("%s: %v %q %v", c.text, o, warnings, err)
			}
			var _ object.Object = o
		}
		if _, ok := body.DecodeQuick([]byte(c.text)); ok != (c.name == "a") {
			t.Errorf("%s: the fast path says %v", c.text, ok)
		}
	}
}

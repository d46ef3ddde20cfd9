package codec

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// compactLikeStandard is what encoding/json does with the result of a MarshalJSON method.
func compactLikeStandard(src []byte) ([]byte, bool) {
	b, err := json.Marshal(json.RawMessage(src))
	return b, err == nil && len(src) > 0
}

var compactSamples = []string{
	``, ` `, `{}`, `[]`, ` { "a" : [ 1 , 2.5e-3, -0, true,false ,null ] } `, `"<>&\u003c\u2028"`, "\"\u2028\u2029\u202a\"", `{"a":{"b":{}}}`,
	`{`, `}`, `[1,]`, `{"a":}`, `{"a"}`, `{a:1}`, `01`, `-`, `1.`, `1e`, `1e+`, `.5`, `tru`, `nulll`, `"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\x01\"",
	"\"\xff\"", "\"\xe2\x80\"", `{"a":1}}`, `1 2`, `{"a" :1, "b":[ ]}`, "\x7f", "\"\x7f\"", `{"f:metadata":{".":{},"k:{\"uid\":\"x\"}":{}}}`,
}

func checkCompact(t *testing.T, src []byte) {
	t.Helper()
	want, ok := compactLikeStandard(src)
	got, err := appendCompact([]byte("x"), src)
	if (err == nil) != ok {
		t.Fatalf("%q: %v, encoding/json says %v", src, err, ok)
	}
	if !ok {
		want = nil
	}
	if string(got) != "x"+string(want) {
		t.Fatalf("%q: got %q, want %q", src, got, want)
	}
}

func TestCompact(t *testing.T) {
	for _, s := range compactSamples {
		checkCompact(t, []byte(s))
	}
	for _, n := range []int{maxJSONDepth, maxJSONDepth + 1, 100 * maxJSONDepth} {
		checkCompact(t, []byte(strings.Repeat("[", n)+strings.Repeat("]", n)))
	}
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		b := []byte(compactSamples[r.Intn(len(compactSamples))])
		if len(b) > 0 {
			b[r.Intn(len(b))] = ` {}[]",:\u01e-.<tnf`[r.Intn(19)]
		}
		checkCompact(t, b)
	}
}

func FuzzCompact(f *testing.F) {
	for _, s := range compactSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkCompact(t, src) })
}

func checkString(t *testing.T, s string) {
	t.Helper()
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := appendString(nil, []byte(s)); !bytes.Equal(got, want) {
		t.Fatalf("%q: got %s, want %s", s, got, want)
	}
	if got := appendString([]byte("x"), s); string(got) != "x"+string(want) {
		t.Fatalf("%q: got %s, want %s", s, got, want)
	}
}

func TestString(t *testing.T) {
	for _, s := range []string{"", "plain", "a\"b\\c", "<>&", "\u2028\u2029\u202a", "\xff", "a\xe2\x80", "é漢🙂", "\ufffd"} {
		checkString(t, s)
	}
	for c := range 256 {
		checkString(t, "a"+string([]byte{byte(c)})+"b")
	}
}

func FuzzString(f *testing.F) {
	f.Add("a<\u2028\xff")
	f.Fuzz(checkString)
}

func TestFloat(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for i := range 20000 {
		f := math.Float64frombits(r.Uint64())
		if i < 10 {
			f = []float64{0, math.Copysign(0, -1), 1e21, 1e20, 1e-6, 9.9e-7, 1e-9, 1e-10, 100, math.Inf(1)}[i]
		}
		want, wantErr := json.Marshal(f)
		got, err := appendFloat(nil, f)
		if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
			t.Fatalf("%v: got %s %v, want %s", f, got, err, want)
		}
	}
}

// What is taken for canonical without parsing must be.
func TestCanonicalQuantity(t *testing.T) {
	fast := 0
	for _, number := range []string{"", "0", "1", "7", "10", "100", "250", "999", "1000", "1023", "1024", "1025", "2048", "1500", "123456", "1048576", "01", "-1", "+1", "1.5", "999999999", "1234567890"} {
		for _, suffix := range []string{"", "n", "u", "m", "k", "K", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "i", "mi", "xx"} {
			s := number + suffix
			if !canonicalQuantity([]byte(s)) {
				continue
			}
			fast++
			q, err := resource.ParseQuantity(s)
			if err != nil || q.String() != s {
				t.Errorf("%s is %s: %v", s, q.String(), err)
			}
		}
	}
	for _, s := range []string{"0", "1", "250m", "512Mi", "2Gi", "100k", "4"} {
		if !canonicalQuantity([]byte(s)) {
			t.Errorf("%s is parsed needlessly", s)
		}
	}
	if fast < 50 {
		t.Errorf("only %d forms are known", fast)
	}
}

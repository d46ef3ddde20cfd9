package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	upstreamapps "k8s.io/api/apps/v1"
	upstreamcore "k8s.io/api/core/v1"
	upstreamcrd "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// compareDecoders checks any bytes as a message of several kinds: what upstream's decoder accepts we accept, with the
// same content, by struct and, when it is canonical enough, by transcoding. Upstream reads over the end of a damaged map
// entry into what follows; unless exact is set we may refuse what it accepts.
func compareDecoders(t *testing.T, raw []byte, exact bool) {
	for _, x := range []struct {
		ours, theirs runtime.Object
	}{
		{&corev1.Pod{}, &upstreamcore.Pod{}},
		{&corev1.Secret{}, &upstreamcore.Secret{}},
		{&appsv1.Deployment{}, &upstreamapps.Deployment{}},
		{&apiextensionsv1.CustomResourceDefinition{}, &upstreamcrd.CustomResourceDefinition{}},
	} {
		theirErr := x.theirs.(interface{ Unmarshal([]byte) error }).Unmarshal(raw)
		ourErr := unmarshalMessage(raw, x.ours)
		p, _, err := planOf(x.ours)
		if err != nil {
			t.Fatal(err)
		}
		text, transcodeErr := transcode(nil, p.message, raw, 0, 0)
		if ourErr == errDepth || ourErr == errBudget {
			continue
		}
		if (theirErr == nil) != (ourErr == nil) && (exact || ourErr == nil) {
			t.Fatalf("%T: upstream says %v, we say %v: %q", x.ours, theirErr, ourErr, raw)
		}
		if ourErr != nil {
			continue
		}
		want, err := json.Marshal(x.theirs)
		if err != nil {
			continue // a number that is not finite, JSON that is not
		}
		got, err := json.Marshal(x.ours)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%T decoded: %s %v: %q", x.ours, apart(want, got), err, raw)
		}
		if transcodeErr != nil {
			if transcodeErr != errIrregular && transcodeErr != errDepth {
				t.Fatalf("%T decoded but not transcoded: %v: %q", x.ours, transcodeErr, raw)
			}
			continue
		}
		if !bytes.Equal(text, want) {
			t.Fatalf("%T transcoded: %s: %q", x.ours, apart(want, text), raw)
		}
	}
}

func rawPod(t testing.TB) []byte {
	raw, err := AppendProtobufMessage(nil, pod(t))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Messages in parts, out of order, with unknown fields, and cut or damaged anywhere.
func TestOddMessages(t *testing.T) {
	raw := rawPod(t)
	name := append([]byte{0x0a, 3, 0x0a, 1}, 'x')
	for _, odd := range [][]byte{
		nil, raw,
		append(bytes.Clone(raw), name...),                               // metadata in two parts
		append(bytes.Clone(name), raw...),                               //
		append(bytes.Clone(raw), raw...),                                // everything twice
		append(bytes.Clone(raw), 0xf8, 7, 5),                            // an unknown number
		append(bytes.Clone(raw), 0xfa, 7, 1, 'x'),                       // an unknown string
		append(bytes.Clone(raw), 0xfb, 7, 0x08, 1, 0x13, 0x14, 0xfc, 7), // a group in a group
		{0x0b, 0x0c}, {0x0c}, {0x07}, {0x00, 0x00}, {0x0a}, {0x0a, 0xff}, {0xff, 0xff, 0xff}, // damaged tags
		{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		{0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		{0x0a, 4, 0x5a, 2, 0x10, 1},                                                          // a map's value of the wrong type
		{0x0a, 12, 0x5a, 4, 0x0a, 0, 0x12, 0, 0x5a, 4, 0x0a, 0, 0x12, 0},                     // a key twice
		{0x0a, 16, 0x5a, 6, 0x0a, 1, 'b', 0x12, 1, 'x', 0x5a, 6, 0x0a, 1, 'a', 0x12, 1, 'y'}, // keys that are not sorted
		{0x0a, 10, 0x72, 1, 'a', 0x0a, 1, 'n', 0x72, 1, 'b', 0},
		{0x0a, 9, 0x72, 1, 'a', 0x0a, 1, 'n', 0x72, 1, 'b'}, // a list in two places
		{0x12, 6, 0x92, 0x01, 3, 0x3a, 1, 5},
	} {
		compareDecoders(t, odd, true)
	}
	r := rand.New(rand.NewSource(1))
	n := 20000
	if testing.Short() {
		n = 2000
	}
	for range n {
		odd := bytes.Clone(raw)
		for range 1 + r.Intn(3) {
			switch i := r.Intn(len(odd)); r.Intn(3) {
			case 0:
				odd[i] = byte(r.Intn(256))
			case 1:
				odd = odd[:i+1]
			default:
				odd = append(odd[:i], odd[min(len(odd), i+1+r.Intn(4)):]...)
			}
			if len(odd) == 0 {
				break
			}
		}
		compareDecoders(t, odd, false)
	}
}

// A message that contains itself thousands of times ends in an error and not in a full stack.
func TestDepth(t *testing.T) {
	var raw []byte
	for range 5000 {
		raw = append(binary.AppendUvarint([]byte{0xe2, 1}, uint64(len(raw))), raw...) // not: {not: {...}}
	}
	p, _, err := planOf(&apiextensionsv1.JSONSchemaProps{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transcode(nil, p.message, raw, 0, 0); err != errDepth {
		t.Error(err)
	}
	if err := unmarshalMessage(raw, &apiextensionsv1.JSONSchemaProps{}); err != errDepth {
		t.Error(err)
	}
	props := &apiextensionsv1.JSONSchemaProps{}
	for range 5000 {
		props = &apiextensionsv1.JSONSchemaProps{Not: props}
	}
	if _, err := AppendProtobufMessage(nil, props); err == nil || !strings.Contains(err.Error(), errDepth.Error()) {
		t.Errorf("what cannot be read was written: %.80v", err)
	}
	nested := apiextensionsv1.JSONSchemaPropsOrBool(strings.Repeat(`{"additionalProperties":`, 3000) + "true" + strings.Repeat("}", 3000))
	if _, err := AppendProtobufMessage(nil, &apiextensionsv1.JSONSchemaProps{AdditionalProperties: &nested}); err == nil || !strings.Contains(err.Error(), errDepth.Error()) {
		t.Errorf("what cannot be read was written: %.80v", err)
	}
}

// A body of empty containers, two bytes each, is refused before it fills the memory, also with other fields between them.
func TestBudget(t *testing.T) {
	for _, piece := range [][]byte{{0x12, 0}, {0x12, 0, 0x1a, 0}} { // restartPolicy
		spec := bytes.Repeat(piece, 1<<20/len(piece))
		raw := append(binary.AppendUvarint([]byte{0x12}, uint64(len(spec))), spec...)
		if err := unmarshalMessage(raw, &corev1.Pod{}); err != errBudget {
			t.Errorf("%x: %v", piece, err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(rawPod(f))
	f.Add([]byte{0x0a, 3, 0x0a, 1, 'x'})
	f.Fuzz(func(t *testing.T, raw []byte) { compareDecoders(t, raw, false) })
}

// Any bytes in the store are shown or refused.
func FuzzStored(f *testing.F) {
	f.Add(storedPod(f), int64(5))
	c := podCodec(f)
	f.Fuzz(func(t *testing.T, stored []byte, revision int64) {
		text, err := c.AppendJSON(nil, stored, revision, false)
		if err == nil && !json.Valid(text) {
			t.Fatalf("%q became %s", stored, text)
		}
		pb, pbErr := c.AppendProtobuf(nil, stored, revision, false)
		if o, decodeErr := c.Decode(stored, revision); decodeErr == nil && pbErr == nil && err == nil {
			again, err := c.Decode(pb, revision)
			if err != nil {
				t.Fatalf("%q became %q: %v", stored, pb, err)
			}
			want, wantErr := json.Marshal(o)
			got, gotErr := json.Marshal(again)
			if wantErr == nil && (gotErr != nil || !bytes.Equal(got, want)) {
				t.Fatalf("%q became %q", stored, pb)
			}
		}
		if b, err := c.AppendMetadataJSON(nil, stored, revision, "v1"); err == nil && !json.Valid(b) {
			t.Fatalf("%q became %s", stored, b)
		}
	})
}

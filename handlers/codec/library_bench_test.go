package codec

import (
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	kjson "sigs.k8s.io/json"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// What the readers of our own are worth: each beside the library that it stands in for, which it also falls back to. One
// that is no longer several times faster is to be removed.

func BenchmarkReadJSON(b *testing.B) {
	text := []byte(podJSON)
	for _, c := range []struct {
		name string
		read func(*corev1.Pod) error
	}{
		{"own", func(p *corev1.Pod) error { return UnmarshalJSON(text, p) }},
		{"library", func(p *corev1.Pod) error { return kjson.UnmarshalCaseSensitivePreserveInts(text, p) }},
		{"library, strict", func(p *corev1.Pod) error { _, err := kjson.UnmarshalStrict(text, p); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.read(&corev1.Pod{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMergePatch(b *testing.B) {
	object, patch := []byte(podJSON), []byte(`{"metadata":{"labels":{"version":"v43"}},"spec":{"activeDeadlineSeconds":5}}`)
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		var out []byte
		for b.Loop() {
			p, err := NewMergePatch(patch)
			if err != nil {
				b.Fatal(err)
			}
			if out, err = p.Apply(out[:0], object); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jsonpatch.MergePatch(object, patch); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package codec

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func generated(o object.Object) {
	if d, ok := o.(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
}

// Whoever has its defaults is copied, of every kind: to make it anew would be right too, but slow.
func TestDefaultedObjectsAreCopied(t *testing.T) {
	for gvk, empty := range resources.Kinds {
		o, ok := empty().(object.Object)
		if !ok {
			continue
		}
		c, err := NewBuiltin(gvk, gvk, nil, nil, generated)
		if err != nil {
			t.Fatal(err)
		}
		generated(o)
		stored, err := c.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, e, err := c.open(stored); err != nil || !c.copyable(e) {
			t.Errorf("%v is made anew, %v", gvk, err)
		}
	}
}

func TestNeeds(t *testing.T) {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	c, err := NewBuiltin(gvk, gvk, nil, nil, generated)
	if err != nil {
		t.Fatal(err)
	}
	pod := func() *corev1.Pod {
		p := &corev1.Pod{}
		p.Spec.Containers = []corev1.Container{{Name: "a", LivenessProbe: &corev1.Probe{}}, {Name: "b"}}
		p.Spec.Volumes = []corev1.Volume{{Name: "v", Secret: &corev1.SecretVolumeSource{}}}
		p.SetDefaults()
		return p
	}
	for name, change := range map[string]func(*corev1.Pod){
		"nothing":              func(*corev1.Pod) {},
		"what may be missing":  func(p *corev1.Pod) { p.Spec.NodeName, p.Spec.Containers[0].LivenessProbe = "", nil },
		"a text":               func(p *corev1.Pod) { p.Spec.DNSPolicy = "" },
		"a number":             func(p *corev1.Pod) { p.Spec.Containers[0].LivenessProbe.PeriodSeconds = 0 },
		"a pointer":            func(p *corev1.Pod) { p.Spec.TerminationGracePeriodSeconds = nil },
		"a pointer to zero":    func(p *corev1.Pod) { *p.Spec.TerminationGracePeriodSeconds = 0 },
		"in a list":            func(p *corev1.Pod) { p.Spec.Containers[1].TerminationMessagePath = "" },
		"in an inlined struct": func(p *corev1.Pod) { p.Spec.Volumes[0].Secret.DefaultMode = nil },
	} {
		p := pod()
		change(p)
		stored, err := c.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		want := name == "nothing" || name == "what may be missing" || name == "a pointer to zero"
		if _, e, err := c.open(stored); err != nil || c.copyable(e) != want {
			t.Errorf("without %s: copied %v, %v", name, !want, err)
		}
	}
}

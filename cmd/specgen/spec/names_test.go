package spec

import "testing"

func TestRef(t *testing.T) {
	for _, c := range []struct{ ref, file, wantFile, wantName string }{
		{"#/components/schemas/Pod", "core/v1", "core/v1", "Pod"},
		{"../meta/v1.yaml#/components/schemas/Time", "core/v1", "meta/v1", "Time"},
		{"v1.yaml#/components/schemas/Scale", "autoscaling/v2", "autoscaling/v1", "Scale"},
	} {
		if file, name := Ref(c.ref, c.file); file != c.wantFile || name != c.wantName {
			t.Errorf("%s in %s: got %s %s", c.ref, c.file, file, name)
		}
	}
}

func TestPublishedName(t *testing.T) {
	m := Model{
		"core/v1":    {File: "core/v1", Models: Models{Prefix: "io.k8s.api.core.v1"}, Schemas: map[string]*Schema{"Own": {Keys: M{"x-model": "a.b.Own"}}}},
		"widgets/v1": {File: "widgets/v1", GV: GroupVersion{Group: "widgets.example.dev", Version: "v1"}},
	}
	for _, c := range []struct{ file, name, want string }{
		{"core/v1", "Pod", "io.k8s.api.core.v1.Pod"},
		{"core/v1", "Own", "a.b.Own"},
		{"widgets/v1", "Widget", "dev.example.widgets.v1.Widget"},
	} {
		if got := m.PublishedName(c.file, c.name); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.file, c.name, got, c.want)
		}
	}
}

func TestExternal(t *testing.T) {
	for _, c := range []struct{ file, name, want string }{
		{"meta/v1", "ObjectMeta", "metav1.ObjectMeta"},
		{"meta/v1", "Quantity", "resource.Quantity"},
		{"core/v1", "Pod", ""},
	} {
		g, ok := External(c.file, c.name)
		if ok != (c.want != "") || ok && g.String() != c.want {
			t.Errorf("%s %s: got %v %v, want %q", c.file, c.name, g, ok, c.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	d := &Doc{GV: GroupVersion{Group: "apps", Version: "v1"}}
	group := "autoscaling"
	if g, v := d.KindOf(Resource{}); g != "apps" || v != "v1" {
		t.Errorf("got %s %s", g, v)
	}
	if g, v := d.KindOf(Resource{Group: &group}); g != "autoscaling" || v != "v1" {
		t.Errorf("got %s %s", g, v)
	}
}

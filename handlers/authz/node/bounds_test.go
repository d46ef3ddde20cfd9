package node

import (
	"fmt"
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// A pod of one request names as many objects as fit into it. What it costs to read is no square of that.
func TestManyReferencesOfOnePod(t *testing.T) {
	const n = 80_000
	c := corev1.Container{Name: "c"}
	for i := range n {
		name := fmt.Sprint("c", i%(n/2)) // each twice
		c.EnvFrom = append(c.EnvFrom, corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{Name: name}})
	}
	_, kv := stored(t, aPod("p", "node1", corev1.PodSpec{Containers: []corev1.Container{c}}))
	apiVersion, kind, raw, err := open(kv.Value)
	if err != nil {
		t.Fatal(err)
	}
	var all plans
	plan, err := all.of(apiVersion, kind)
	if err != nil {
		t.Fatal(err)
	}
	r := podReader{namespace: "ns", pod: "p"}
	if err := plan.run(raw, r.found); err != nil {
		t.Fatal(err)
	}
	if len(r.refs) != n/2 {
		t.Errorf("%d references, want %d", len(r.refs), n/2)
	}
	if r.compared > n+few*few {
		t.Errorf("%d references were compared %d times", n, r.compared)
	}
	s := newSink()
	s.add(t, aPod("p", "node1", corev1.PodSpec{Containers: []corev1.Container{c}}))
	for _, name := range []string{"c0", fmt.Sprint("c", n/2-1)} {
		if !s.graph.reaches("node1", ref{configMaps, "ns", name}) {
			t.Errorf("the node may not read %s", name)
		}
	}
	if s.graph.reaches("node1", ref{configMaps, "ns", fmt.Sprint("c", n/2)}) {
		t.Error("the node may read what the pod does not name")
	}
}

// Every pod of a namespace may name one secret. Finding a node among its users costs a look, not a walk of the nodes.
func TestManyNodesWithOneSecret(t *testing.T) {
	const n = 5000
	s := newSink()
	secret := ref{secrets, "ns", "shared"}
	for i := range n {
		for range 2 { // and two of each node
			s.graph.put(ref{pods, "ns", fmt.Sprint(i)}, fmt.Sprint("node", i), nil, []ref{secret})
			s.graph.put(ref{pods, "ns", fmt.Sprint(i, "-2")}, fmt.Sprint("node", i), nil, []ref{secret})
		}
	}
	if users := &s.graph.objects[secret].users; len(users.list) > few || len(users.all) != n {
		t.Errorf("%d users are in a list, %d in a map", len(users.list), len(users.all))
	}
	for i := range n {
		node := fmt.Sprint("node", i)
		if !s.graph.reaches(node, secret) {
			t.Fatalf("%s may not read the secret", node)
		}
		s.graph.delete(ref{pods, "ns", fmt.Sprint(i)})
		if !s.graph.reaches(node, secret) {
			t.Fatalf("%s may not read the secret any more, although a pod is left", node)
		}
		s.graph.delete(ref{pods, "ns", fmt.Sprint(i, "-2")})
		if s.graph.reaches(node, secret) {
			t.Fatalf("%s may read the secret without a pod", node)
		}
	}
	s.empty(t)
}

// The volumes of a driver may all name one secret. The question whether a node may read it looks at the claims of the node
// or at those of the volumes, whichever are fewer.
func TestManyVolumesWithOneSecret(t *testing.T) {
	const n = 5000
	s := newSink()
	secret := ref{secrets, "kube-system", "driver"}
	claim := func(i int) ref { return ref{volumeClaims, "ns", fmt.Sprint("claim", i)} }
	volume := func(i int) ref { return ref{volumes, "", fmt.Sprint("volume", i)} }
	for i := range n {
		c := claim(i)
		// The driver names it for more than one purpose.
		s.graph.put(volume(i), "", &c, []ref{volume(i), secret, secret})
	}
	s.graph.put(ref{pods, "ns", "a"}, "a", nil, []ref{claim(n - 1)})
	s.graph.put(ref{pods, "ns", "b"}, "b", nil, []ref{claim(n)})
	all := []ref{}
	for i := range n {
		all = append(all, claim(i))
	}
	s.graph.put(ref{pods, "ns", "c"}, "c", nil, all)
	o := s.graph.objects[secret]
	if len(o.through) != n || len(s.graph.nodes["a"].claims) != 1 || len(s.graph.nodes["c"].claims) != n {
		t.Errorf("%d claims of volumes, %d of a node with one", len(o.through), len(s.graph.nodes["a"].claims))
	}
	for node, want := range map[string]bool{"a": true, "b": false, "c": true, "d": false} {
		if got := s.graph.reaches(node, secret); got != want {
			t.Errorf("%s may read the secret: %v", node, got)
		}
	}
	s.graph.delete(volume(n - 1))
	for node, want := range map[string]bool{"a": false, "c": true} {
		if got := s.graph.reaches(node, secret); got != want {
			t.Errorf("%s may read the secret without the volume: %v", node, got)
		}
	}
	for i := range n - 1 {
		s.graph.delete(volume(i))
	}
	for _, pod := range []string{"a", "b", "c"} {
		s.graph.delete(ref{pods, "ns", pod})
	}
	s.empty(t)
}

// empty checks that a graph whose sources are gone keeps nothing.
func (s *sink) empty(t *testing.T) {
	t.Helper()
	if g := s.graph; len(g.nodes)+len(g.objects)+len(g.sources) > 0 {
		t.Errorf("%d nodes, %d objects and %d sources are left", len(g.nodes), len(g.objects), len(g.sources))
	}
}

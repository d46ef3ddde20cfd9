package podspec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Pairs are found as by looking at all of them, in that order.
func TestMeetings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "a-", "a.", "/", "a/", "a/b", "b/a", "a//b", "é", "a/b/c", ""}
	for range 2000 {
		var files []file
		for range random.IntN(9) {
			if p := trimmed(names[random.IntN(len(names))] + names[random.IntN(len(names))]); p != "" {
				files = append(files, file{path: p})
			}
		}
		var want []meeting
		for i := range files {
			for j := range i {
				if below(files[i].path, files[j].path) || below(files[j].path, files[i].path) {
					want = append(want, meeting{i, j})
				}
			}
		}
		limit := random.IntN(6)
		got := meetings(files, limit)
		if limit = min(limit, len(want)); len(got) < limit || !slices.Equal(got[:limit], want[:limit]) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("%v\ngot  %v\nwant %v", files, got, want)
		}
	}
}

// Ports are found as by comparing each with each.
func TestPortsAreAllCompared(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	addresses, protocols := []string{"", "1.1.1.1", "2.2.2.2"}, []string{"TCP", "UDP"}
	for range 2000 {
		var list []corev1.ContainerPort
		for range random.IntN(9) {
			list = append(list, corev1.ContainerPort{ContainerPort: 1 + random.Int32N(2), HostPort: random.Int32N(3),
				HostIP: addresses[random.IntN(3)], Protocol: protocols[random.IntN(2)]})
		}
		path := field.NewPath("spec", "containers").Index(0)
		var want []string
		for i, p := range list {
			at := path.Child("ports").Index(i)
			if p.HostIP != "" && p.HostPort == 0 {
				want = append(want, kind.Said(at, "hostIP set without hostPort: %+v", p))
			}
			for j, other := range list[:i] {
				if how := clash(p, other); how != "" && p.ContainerPort == other.ContainerPort && p.Protocol == other.Protocol {
					want = append(want, kind.Said(at, "%s port definition with %s", how, path.Child("ports").Index(j)))
				}
			}
		}
		if got := ports([]container{{path: path, ports: list}}, newBudget()); !slices.Equal(got, want) {
			t.Fatalf("%+v\ngot  %q\nwant %q", list, got, want)
		}
	}
}

// Lists of a client may be long: twice as many elements cost no more than about twice as much.
func TestLongLists(t *testing.T) {
	for name, make := range map[string]func(s *corev1.PodSpec, i int){
		"variables of one name": func(s *corev1.PodSpec, i int) {
			s.Containers[0].Env = append(s.Containers[0].Env, corev1.EnvVar{Name: "A", Value: "1"})
		},
		"one port": func(s *corev1.PodSpec, i int) {
			s.Containers[0].Ports = append(s.Containers[0].Ports, corev1.ContainerPort{ContainerPort: 1, Protocol: "TCP"})
		},
		"one port at many of the host": func(s *corev1.PodSpec, i int) {
			s.Containers[0].Ports = append(s.Containers[0].Ports, corev1.ContainerPort{ContainerPort: 1, HostPort: int32(i + 1), Protocol: "TCP"})
		},
		"one path": func(s *corev1.PodSpec, i int) {
			v := s.Volumes[0].Secret
			v.Items = append(v.Items, corev1.KeyToPath{Key: "k", Path: "a/b"})
		},
		"many paths": func(s *corev1.PodSpec, i int) {
			v := s.Volumes[0].Secret
			v.Items = append(v.Items, corev1.KeyToPath{Key: "k", Path: fmt.Sprintf("a/%d", i)})
		},
		"paths in many volumes": func(s *corev1.PodSpec, i int) {
			s.Volumes = append(s.Volumes, corev1.Volume{Name: "v", Secret: &corev1.SecretVolumeSource{Items: []corev1.KeyToPath{{Path: "a"}, {Path: "a"}, {Path: "a"}}}})
		},
		"aliases": func(s *corev1.PodSpec, i int) {
			s.HostAliases = append(s.HostAliases, corev1.HostAlias{IP: "1.1.1.1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) float64 {
				s := corev1.PodSpec{Containers: []corev1.Container{{}}, Volumes: []corev1.Volume{{Secret: &corev1.SecretVolumeSource{}}}}
				for i := range n {
					make(&s, i)
				}
				return testing.AllocsPerRun(1, func() { Warnings(nil, &s, &metav1.ObjectMeta{}) })
			}
			if few, many := cost(20000), cost(40000); many > 2.3*few {
				t.Errorf("20,000 cost %.0f allocations, 40,000 cost %.0f", few, many)
			}
		})
	}
}

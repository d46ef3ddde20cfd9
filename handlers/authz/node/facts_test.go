package node

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"sigs.k8s.io/randfill"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// visit finds the same as the scan, in the structure.
func visit(p *corev1.Pod) (out []ref) {
	add := func(k kind, name string) {
		if name != "" {
			out = append(out, ref{k, p.Namespace, name})
		}
	}
	add(serviceAccounts, p.Spec.ServiceAccountName)
	for _, s := range p.Spec.ImagePullSecrets {
		add(secrets, s.Name)
	}
	container := func(from []corev1.EnvFromSource, env []corev1.EnvVar) {
		for _, f := range from {
			if f.SecretRef != nil {
				add(secrets, f.SecretRef.Name)
			}
			if f.ConfigMapRef != nil {
				add(configMaps, f.ConfigMapRef.Name)
			}
		}
		for _, e := range env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				add(secrets, e.ValueFrom.SecretKeyRef.Name)
			}
			if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
				add(configMaps, e.ValueFrom.ConfigMapKeyRef.Name)
			}
		}
	}
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		container(c.EnvFrom, c.Env)
	}
	for _, c := range p.Spec.EphemeralContainers {
		container(c.EnvFrom, c.Env)
	}
	for _, v := range p.Spec.Volumes {
		local := func(r *corev1.LocalObjectReference) {
			if r != nil {
				add(secrets, r.Name)
			}
		}
		if s := v.Secret; s != nil {
			add(secrets, s.SecretName)
		}
		if s := v.AzureFile; s != nil {
			add(secrets, s.SecretName)
		}
		if s := v.CephFS; s != nil {
			local(s.SecretRef)
		}
		if s := v.Cinder; s != nil {
			local(s.SecretRef)
		}
		if s := v.FlexVolume; s != nil {
			local(s.SecretRef)
		}
		if s := v.RBD; s != nil {
			local(s.SecretRef)
		}
		if s := v.ScaleIO; s != nil {
			local(s.SecretRef)
		}
		if s := v.ISCSI; s != nil {
			local(s.SecretRef)
		}
		if s := v.StorageOS; s != nil {
			local(s.SecretRef)
		}
		if s := v.CSI; s != nil {
			local(s.NodePublishSecretRef)
		}
		if s := v.ConfigMap; s != nil {
			add(configMaps, s.Name)
		}
		if s := v.Projected; s != nil {
			for _, x := range s.Sources {
				if x.Secret != nil {
					add(secrets, x.Secret.Name)
				}
				if x.ConfigMap != nil {
					add(configMaps, x.ConfigMap.Name)
				}
			}
		}
		if s := v.PersistentVolumeClaim; s != nil {
			add(volumeClaims, s.ClaimName)
		}
		if v.Ephemeral != nil {
			add(volumeClaims, p.Name+"-"+v.Name)
		}
	}
	for _, c := range p.Spec.ResourceClaims {
		if c.ResourceClaimName != nil {
			add(resourceClaims, *c.ResourceClaimName)
		}
		for _, s := range p.Status.ResourceClaimStatuses {
			if c.ResourceClaimTemplateName != nil && s.Name == c.Name && s.ResourceClaimName != nil {
				add(resourceClaims, *s.ResourceClaimName)
			}
		}
	}
	if s := p.Status.ExtendedResourceClaimStatus; s != nil {
		add(resourceClaims, s.ResourceClaimName)
	}
	return append(out, ref{pods, p.Namespace, p.Name})
}

// TestScanFindsEverything compares with the structure, for pods that have a value in every field.
func TestScanFindsEverything(t *testing.T) {
	seed := rand.Int64()
	t.Log("seed", seed)
	fill := randfill.NewWithSeed(seed).NilChance(0.2).NumElements(1, 3).MaxDepth(12)
	order := func(a, b ref) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	}
	var s plans
	for range 50 {
		p := &corev1.Pod{}
		fill.Fill(&p.Spec)
		fill.Fill(&p.Status.ResourceClaimStatuses)
		fill.Fill(&p.Status.ExtendedResourceClaimStatus)
		p.Namespace, p.Name, p.Spec.NodeName = "ns", "pod", "n"
		for i := range p.Spec.ResourceClaims {
			if i < len(p.Status.ResourceClaimStatuses) {
				p.Status.ResourceClaimStatuses[i].Name = p.Spec.ResourceClaims[i].Name
			}
		}
		_, kv := stored(t, p)
		node, got, err := s.references("ns", "pod", kv.Value)
		if err != nil || node != "n" {
			t.Fatal(node, err)
		}
		want := visit(p)
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if want = slices.Compact(want); !slices.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	}
}

// FuzzScan feeds the scan with what may lie in a store that others write to.
func FuzzScan(f *testing.F) {
	_, kv := stored(f, aPod("p", "n", withSecret("s")))
	f.Add(kv.Value)
	f.Add([]byte("k8s\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newSink()
		for i := range followed {
			s.Change(i, storage.Event{Type: storage.Put, Key: followed[i].Prefix() + "ns/p", Value: b, Revision: 1})
		}
		for i := range followed {
			s.Change(i, storage.Event{Type: storage.Deleted, Key: followed[i].Prefix() + "ns/p"})
		}
		if n := len(s.graph.nodes) + len(s.graph.objects) + len(s.graph.sources); n != 0 {
			t.Errorf("%d entries are left", n)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	spec := withSecret("s")
	for range 3 {
		spec.Containers = append(spec.Containers, corev1.Container{Name: "c", Image: "registry.example.com/team/app:v1", EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{Name: "env"}}}})
	}
	spec.ServiceAccountName = "default"
	p := aPod("p", "n", spec)
	p.Status.Phase = "Running"
	prefix, kv := stored(b, p)
	s := newSink()
	b.ReportAllocs()
	for b.Loop() {
		s.put(prefix, kv)
	}
}

func BenchmarkAuthorize(b *testing.B) {
	s := newSink()
	for i := range 5000 {
		s.graph.put(ref{pods, "ns", string(rune(i))}, "node-"+string(rune(i)), nil, []ref{{serviceAccounts, "ns", "default"}, {pods, "ns", string(rune(i))}})
	}
	for b.Loop() {
		if !s.graph.reaches("node-"+string(rune(4999)), ref{serviceAccounts, "ns", "default"}) {
			b.Fatal("not found")
		}
	}
}

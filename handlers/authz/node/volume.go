package node

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var volumeCodec = sync.OnceValues(func() (*codec.Builtin, error) {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolume"}
	return codec.NewBuiltin(gvk, gvk, nil, nil, nil)
})

// volume reads what a persistent volume is bound to, nil for nothing, and what must be read to mount it.
func volume(kv storage.KeyValue, name string) (claim *ref, refs []ref, err error) {
	c, err := volumeCodec()
	if err != nil {
		return nil, nil, err
	}
	o, err := c.Decode(kv.Value, kv.Revision)
	if err != nil {
		return nil, nil, err
	}
	pv, ok := o.(*corev1.PersistentVolume)
	if !ok {
		return nil, nil, fmt.Errorf("unexpected type %T", o)
	}
	bound := pv.Spec.ClaimRef
	if bound == nil {
		return nil, nil, nil
	}
	refs = []ref{{volumes, "", name}}
	for _, s := range volumeSecrets(&pv.Spec, bound.Namespace) {
		if s.name != "" {
			refs = append(refs, s)
		}
	}
	return &ref{volumeClaims, bound.Namespace, bound.Name}, refs, nil
}

// volumeSecrets are those that a node needs; controllers' are not among them. Old references without a namespace mean that
// of the claim, except with drivers that never had such.
func volumeSecrets(s *corev1.PersistentVolumeSpec, namespace string) []ref {
	in := func(r *corev1.SecretReference, otherwise string) []ref {
		switch {
		case r == nil:
			return nil
		case r.Namespace != "":
			otherwise = r.Namespace
		}
		return []ref{{secrets, otherwise, r.Name}}
	}
	switch {
	case s.AzureFile != nil:
		if n := s.AzureFile.SecretNamespace; n != nil && *n != "" {
			namespace = *n
		}
		return []ref{{secrets, namespace, s.AzureFile.SecretName}}
	case s.CephFS != nil:
		return in(s.CephFS.SecretRef, namespace)
	case s.Cinder != nil:
		return in(s.Cinder.SecretRef, "")
	case s.FlexVolume != nil:
		return in(s.FlexVolume.SecretRef, namespace)
	case s.RBD != nil:
		return in(s.RBD.SecretRef, namespace)
	case s.ScaleIO != nil:
		return in(s.ScaleIO.SecretRef, namespace)
	case s.ISCSI != nil:
		return in(s.ISCSI.SecretRef, namespace)
	case s.StorageOS != nil:
		if r := s.StorageOS.SecretRef; r != nil {
			return []ref{{secrets, r.Namespace, r.Name}}
		}
	case s.CSI != nil:
		out := in(s.CSI.NodePublishSecretRef, "")
		out = append(out, in(s.CSI.NodeStageSecretRef, "")...)
		return append(out, in(s.CSI.NodeExpandSecretRef, "")...)
	}
	return nil
}

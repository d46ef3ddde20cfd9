package podspec

import (
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Messages about in-tree volume drivers.
const (
	Gone16 = "deprecated in v1.11, non-functional in v1.16+"
	Gone22 = "deprecated in v1.16, non-functional in v1.22+"
	Gone25 = "deprecated in v1.22, non-functional in v1.25+"
	Gone26 = "deprecated in v1.25, non-functional in v1.26+"
	Gone31 = "deprecated in v1.28, non-functional in v1.31+"
	noRepo = "deprecated in v1.11, and disabled by default in v1.33+"
)

// Driver makes a DriverUse.
func Driver(name string, used bool, message string) DriverUse { return DriverUse{name, message, used} }

// DriverUse is an in-tree driver with its message, and whether an object uses it.
type DriverUse struct {
	name, message string
	used          bool
}

// DriverWarnings are the messages of the drivers in use.
func DriverWarnings(path *field.Path, list ...DriverUse) (out []string) {
	for _, d := range list {
		if d.used {
			out = append(out, kind.Said(path.Child(d.name), "%s", d.message))
		}
	}
	return out
}

func volumeWarnings(v *corev1.Volume, path *field.Path) []string {
	out := DriverWarnings(path, Driver("photonPersistentDisk", v.PhotonPersistentDisk != nil, Gone16), Driver("gitRepo", v.GitRepo != nil, noRepo),
		Driver("scaleIO", v.ScaleIO != nil, Gone22), Driver("flocker", v.Flocker != nil, Gone25), Driver("storageOS", v.StorageOS != nil, Gone25),
		Driver("quobyte", v.Quobyte != nil, Gone25), Driver("glusterfs", v.Glusterfs != nil, Gone26))
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		out = append(out, ClaimWarnings(&v.Ephemeral.VolumeClaimTemplate.Spec, path.Child("ephemeral", "volumeClaimTemplate", "spec"))...)
	}
	return append(out, DriverWarnings(path, Driver("cephfs", v.CephFS != nil, Gone31), Driver("rbd", v.RBD != nil, Gone31))...)
}

// ClaimWarnings warns about a claim or claim template.
func ClaimWarnings(s *corev1.PersistentVolumeClaimSpec, path *field.Path) []string {
	out := fractional(s.Resources.Requests, "storage", path.Child("resources", "requests"))
	return append(out, fractional(s.Resources.Limits, "storage", path.Child("resources", "limits"))...)
}

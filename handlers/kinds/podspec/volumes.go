package podspec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// validateVolumes validates volumes and returns the valid ones by name.
func validateVolumes(list []corev1.Volume, ofPod bool, path *field.Path) (map[string]*corev1.Volume, field.ErrorList) {
	good := make(map[string]*corev1.Volume, len(list))
	var errs field.ErrorList
	for i := range list {
		v := &list[i]
		found := volumeTypes(v, path.Index(i))
		found = append(found, volumeParts(v, path.Index(i))...)
		if ofPod && v.Image != nil && v.Image.Reference == "" {
			found = append(found, field.Required(path.Index(i).Child("image", "reference"), ""))
		}
		if good[v.Name] != nil {
			found = append(found, field.Duplicate(path.Index(i).Child("name"), v.Name))
		}
		// Mounts of an invalid volume are reported as not found.
		if len(found) == 0 && fieldRules().Good(v) {
			good[v.Name] = v
		}
		errs = append(errs, found...)
	}
	return good, errs
}

// validateMounts validates a container's mounts and devices against the pod's volumes.
func validateMounts(c *corev1.Container, volumes map[string]*corev1.Volume, path *field.Path) (errs field.ErrorList) {
	devices, devicePaths := map[string]bool{}, map[string]bool{}
	for _, d := range c.VolumeDevices {
		devices[d.Name], devicePaths[d.DevicePath] = true, true
	}
	mounted, mounts := map[string]bool{}, map[string]bool{}
	for i, m := range c.VolumeMounts {
		at := path.Child("volumeMounts").Index(i)
		if volumes[m.Name] == nil {
			errs = append(errs, field.NotFound(at.Child("name"), m.Name))
		}
		if mounts[m.MountPath] {
			errs = append(errs, field.Invalid(at.Child("mountPath"), m.MountPath, "must be unique"))
		}
		mounted[m.Name], mounts[m.MountPath] = true, true
		if devices[m.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), m.Name, "must not already exist in volumeDevices"))
		}
		if devicePaths[m.MountPath] {
			errs = append(errs, field.Invalid(at.Child("mountPath"), m.MountPath, "must not already exist as a path in volumeDevices"))
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			errs = append(errs, field.Invalid(at.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive"))
		}
		errs = append(errs, Descending(m.SubPath, path.Child("volumeMounts", "subPath"))...)
		errs = append(errs, Descending(m.SubPathExpr, path.Child("volumeMounts", "subPathExpr"))...)
	}
	names, paths := map[string]bool{}, map[string]bool{}
	for i, d := range c.VolumeDevices {
		at := path.Child("volumeDevices").Index(i)
		v := volumes[d.Name]
		switch {
		case v == nil:
			errs = append(errs, field.NotFound(at.Child("name"), d.Name))
		case v.PersistentVolumeClaim == nil && v.Ephemeral == nil:
			errs = append(errs, field.Invalid(at.Child("name"), d.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"))
		}
		if names[d.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), d.Name, "must be unique"))
		}
		if slices.Contains(strings.Split(d.DevicePath, "/"), "..") {
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "can not contain backsteps ('..')"))
		}
		if paths[d.DevicePath] {
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "must be unique"))
		}
		names[d.Name], paths[d.DevicePath] = true, true
		if mounted[d.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), d.Name, "must not already exist in volumeMounts"))
		}
		if mounts[d.DevicePath] {
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "must not already exist as a path in volumeMounts"))
		}
	}
	return errs
}

// Descending is rules.DescendingPath as a rule.
func Descending(p string, path *field.Path) field.ErrorList {
	return kind.Faults(path, p, rules.DescendingPath(p))
}

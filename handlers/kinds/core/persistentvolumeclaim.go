package core

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var claims = kind.Kind{
	Group: group, Resource: "persistentvolumeclaims",
	Strategy:     claim,
	Subresources: map[string]kind.Strategy{"status": claimStatus},
	Cells:        volumeCells,
}

func claim(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, c *corev1.PersistentVolumeClaim) error {
		c.Status = corev1.PersistentVolumeClaimStatus{} // reads default its phase
		dropForeignSource(d, &c.Spec, nil)
		legacySource(&c.Spec, nil)
		normalizeSources(&c.Spec)
		return nil
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, c, old *corev1.PersistentVolumeClaim) error {
		dropForeignSource(d, &c.Spec, &old.Spec)
		legacySource(&c.Spec, &old.Spec)
		normalizeSources(&c.Spec)
		return nil
	})
	s.Validate = kind.Check(func(c *corev1.PersistentVolumeClaim) field.ErrorList { return ClaimSpec(&c.Spec, spec) })
	s.Warnings = kind.Warn(func(c, _ *corev1.PersistentVolumeClaim) []string { return claimWarnings(c) })
	s.ValidateUpdate = kind.CheckUpdate(validateClaimUpdate)
}

// dropForeignSource drops a dataSourceRef with a namespace while the gate is off, unless the old claim has a dataSourceRef. Without
// its namespace it would be another source, so all of it is dropped.
func dropForeignSource(d *kind.Deps, spec, old *corev1.PersistentVolumeClaimSpec) {
	if foreignSource(spec) && !d.Features.Enabled("CrossNamespaceVolumeDataSource") && (old == nil || old.DataSourceRef == nil) {
		spec.DataSourceRef = nil
	}
}

func foreignSource(spec *corev1.PersistentVolumeClaimSpec) bool {
	return spec.DataSourceRef != nil && spec.DataSourceRef.Namespace != nil && *spec.DataSourceRef.Namespace != ""
}

// ClaimSpec has the rules between the fields of a claim or claim template.
func ClaimSpec(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) (errs field.ErrorList) {
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(path.Child("accessModes"), "at least 1 access mode is required"))
	}
	once, other := false, false
	for _, m := range spec.AccessModes {
		if m == "ReadWriteOncePod" {
			once = true
		} else {
			other = true
		}
	}
	if once && other {
		errs = append(errs, field.Forbidden(path.Child("accessModes"), "may not use ReadWriteOncePod with other access modes"))
	}
	at := path.Child("resources").Key("storage")
	if q, ok := spec.Resources.Requests["storage"]; !ok {
		errs = append(errs, field.Required(at, ""))
	} else if q.Sign() <= 0 {
		errs = append(errs, field.Invalid(at, q.String(), "must be greater than zero"))
	}
	switch {
	case spec.DataSource == nil || spec.DataSourceRef == nil:
	case foreignSource(spec):
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "may not be specified when dataSourceRef.namespace is specified"))
	case !sameSource(spec.DataSource, spec.DataSourceRef):
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "must match dataSourceRef"))
	}
	errs = append(errs, podspec.ClaimSources(spec, path)...)
	if c := spec.VolumeAttributesClassName; c != nil && *c != "" {
		errs = append(errs, kind.DNSName(path.Child("volumeAttributesClassName"), *c)...)
	}
	return errs
}

func sameSource(a *corev1.TypedLocalObjectReference, b *corev1.TypedObjectReference) bool {
	return a.Kind == b.Kind && a.Name == b.Name && equality.Semantic.DeepEqual(a.APIGroup, b.APIGroup)
}

// legacySource drops a dataSource that is neither a claim nor a snapshot.
func legacySource(spec, old *corev1.PersistentVolumeClaimSpec) {
	if spec.DataSource == nil || spec.DataSourceRef != nil || old != nil && (old.DataSource != nil || old.DataSourceRef != nil) {
		return
	}
	group := ""
	if spec.DataSource.APIGroup != nil {
		group = *spec.DataSource.APIGroup
	}
	if spec.DataSource.Kind == "PersistentVolumeClaim" && group == "" || spec.DataSource.Kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io" {
		return
	}
	spec.DataSource = nil
}

// normalizeSources keeps dataSource and dataSourceRef equal.
func normalizeSources(spec *corev1.PersistentVolumeClaimSpec) {
	switch {
	case spec.DataSource != nil && spec.DataSourceRef == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: spec.DataSource.APIGroup, Kind: spec.DataSource.Kind, Name: spec.DataSource.Name}
	case spec.DataSourceRef != nil && spec.DataSource == nil && !foreignSource(spec):
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: spec.DataSourceRef.APIGroup, Kind: spec.DataSourceRef.Kind, Name: spec.DataSourceRef.Name}
	}
}

// validateClaimUpdate makes the spec immutable, except for the volume name, which is set once, and the requests and the
// VolumeAttributesClass of a bound claim. A failed expansion may be reduced down to the current capacity.
func validateClaimUpdate(c, old *corev1.PersistentVolumeClaim) (errs field.ErrorList) {
	path := field.NewPath("spec")
	now, was := object.Copy(c).Spec, object.Copy(old).Spec
	normalizeSources(&was)
	if was.VolumeName == "" {
		was.VolumeName = now.VolumeName
	}
	const beta = "volume.beta.kubernetes.io/storage-class"
	if was.StorageClassName == nil && now.StorageClassName != nil && *now.StorageClassName != "" {
		if class, ok := old.Annotations[beta]; !ok || class == *now.StorageClassName {
			now.StorageClassName = nil
		}
	}
	if c.Annotations[beta] != old.Annotations[beta] && !(now.StorageClassName == nil && c.Spec.StorageClassName != nil) {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations").Key(beta), c.Annotations[beta], kind.Immutable))
	}
	if c.Status.Phase == "Bound" {
		if size, ok := was.Resources.Requests["storage"]; ok && now.Resources.Requests != nil {
			now.Resources.Requests["storage"] = size
		}
		now.VolumeAttributesClassName = was.VolumeAttributesClassName
	}
	if !equality.Semantic.DeepEqual(now, was) {
		errs = append(errs, field.Forbidden(path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+display.Diff(was, now)))
	}
	size, oldSize, actual := c.Spec.Resources.Requests["storage"], old.Spec.Resources.Requests["storage"], old.Status.Capacity["storage"]
	if size.Cmp(oldSize) < 0 && size.Cmp(actual) <= 0 {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	errs = append(errs, kind.Unchanged(c.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
	if class := c.Spec.VolumeAttributesClassName; old.Status.CurrentVolumeAttributesClassName != nil && !equality.Semantic.DeepEqual(class, old.Spec.VolumeAttributesClassName) {
		at := path.Child("volumeAttributesClassName")
		if class == nil {
			errs = append(errs, field.Forbidden(at, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil"))
		} else if *class == "" {
			errs = append(errs, field.Forbidden(at, "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil"))
		}
	}
	return errs
}

// growth are the states of a resize.
var growth = []string{"ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress", "NodeResizeInfeasible"}

func claimStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *corev1.PersistentVolumeClaim) field.ErrorList {
		errs := quantities(o.Status.Capacity, status.Child("capacity"))
		at := status.Child("allocatedResourceStatuses")
		for _, name := range slices.Sorted(maps.Keys(o.Status.AllocatedResourceStatuses)) {
			errs = append(errs, claimResource(name, at)...)
			if !slices.Contains(growth, o.Status.AllocatedResourceStatuses[name]) {
				errs = append(errs, field.NotSupported(at, name, slices.Sorted(slices.Values(growth))))
			}
		}
		at = status.Child("allocatedResources")
		for _, name := range slices.Sorted(maps.Keys(o.Status.AllocatedResources)) {
			found := claimResource(name, at)
			if len(found) == 0 {
				found = quantities(map[string]quantity.Quantity{name: o.Status.AllocatedResources[name]}, at)
			}
			errs = append(errs, found...)
		}
		return errs
	})
}

// quantities requires quantities that are not negative.
func quantities(list map[string]quantity.Quantity, path *field.Path) (errs field.ErrorList) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if q := list[name]; q.Sign() < 0 {
			errs = append(errs, field.Invalid(path.Key(name), q.Value(), "must be a valid resource quantity"))
		}
	}
	return errs
}

// claimResource allows storage and qualified names of others.
func claimResource(name string, path *field.Path) (errs field.ErrorList) {
	for _, msg := range validation.IsQualifiedName(name) {
		errs = append(errs, field.Invalid(path, name, msg))
	}
	if native := !strings.Contains(name, "/") || strings.HasPrefix(name, "kubernetes.io/"); len(errs) == 0 && native && name != "storage" {
		errs = append(errs, field.NotSupported(path, name, []string{"storage"}))
	}
	return errs
}

func claimWarnings(o *corev1.PersistentVolumeClaim) (out []string) {
	if _, ok := o.Annotations[oldClass]; ok {
		out = append(out, kind.Said(field.NewPath("metadata", "annotations").Key(oldClass), useClass))
	}
	return append(out, podspec.ClaimWarnings(&o.Spec, spec)...)
}

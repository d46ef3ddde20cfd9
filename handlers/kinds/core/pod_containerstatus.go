package core

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// containerUsers validates the users of containers. Linux users are forbidden on Windows.
func containerUsers(list []corev1.ContainerStatus, spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	windows := spec.OS != nil && spec.OS.Name == "windows"
	for i := range list {
		if list[i].User == nil || list[i].User.Linux == nil {
			continue
		}
		u, at := list[i].User.Linux, path.Index(i).Child("user", "linux")
		if windows {
			errs = append(errs, field.Forbidden(at, "cannot be set for a windows pod"))
			continue
		}
		errs = append(errs, kind.Faults(at.Child("uid"), u.UID, validation.IsValidUserID(u.UID))...)
		errs = append(errs, kind.Faults(at.Child("gid"), u.GID, validation.IsValidGroupID(u.GID))...)
		for j, g := range u.SupplementalGroups {
			errs = append(errs, kind.Faults(at.Child("supplementalGroups").Index(j), g, validation.IsValidGroupID(g))...)
		}
	}
	return errs
}

const longestHealthMessage = 4096

// containerDevices validates the health of devices: resources must be those of the container, each device once.
func containerDevices(list []corev1.ContainerStatus, containers []corev1.Container, path *field.Path) (errs field.ErrorList) {
	byName := make(map[string]*corev1.Container, len(containers))
	for i := range containers {
		byName[containers[i].Name] = &containers[i]
	}
	for i := range list {
		for j, r := range list[i].AllocatedResourcesStatus {
			at := path.Index(i).Child("allocatedResourcesStatus").Index(j)
			if c := byName[list[i].Name]; c != nil {
				errs = append(errs, askedFor(c, r.Name, at.Child("name"))...)
			}
			seen := map[string]bool{}
			for k, h := range r.Resources {
				at := at.Child("resources").Index(k)
				errs = append(errs, kind.Among(at.Child("health"), h.Health, "Healthy", "Unhealthy", "Unknown")...)
				switch m := h.Message; {
				case m == nil:
				case *m == "":
					errs = append(errs, field.Required(at.Child("message"), "must be non-empty if specified"))
				case len(*m) > longestHealthMessage:
					errs = append(errs, field.TooLong(at.Child("message"), *m, longestHealthMessage))
				}
				if seen[h.ResourceID] {
					errs = append(errs, field.Duplicate(at.Child("resourceID"), h.ResourceID))
				}
				seen[h.ResourceID] = true
			}
		}
	}
	return errs
}

// noDevices: containers for debugging ask for nothing.
func noDevices(list []corev1.ContainerStatus, path *field.Path) (errs field.ErrorList) {
	for i := range list {
		if len(list[i].AllocatedResourcesStatus) > 0 {
			errs = append(errs, field.Forbidden(path.Index(i).Child("allocatedResourcesStatus"), "must not be specified in container status"))
		}
	}
	return errs
}

// longestImageRef bounds how an image is named by its digest.
const longestImageRef = 256

// mountedImages names each image that a container has as a volume.
func mountedImages(list []corev1.ContainerStatus, path *field.Path) (errs field.ErrorList) {
	for i := range list {
		for j, m := range list[i].VolumeMounts {
			if m.VolumeStatus == nil || m.VolumeStatus.Image == nil {
				continue
			}
			// The names on the path are upstream's.
			at := path.Index(i).Child("volumeMounts").Index(j).Child("volumeStatus", "imageVolumeStatus", "imageRef")
			switch ref := m.VolumeStatus.Image.ImageRef; {
			case ref == "":
				errs = append(errs, field.Required(at, "imageRef must not be empty"))
			case len(ref) > longestImageRef:
				errs = append(errs, field.TooLong(at, ref, longestImageRef))
			}
		}
	}
	return errs
}

// nodeResources are what claims of the pod take of its node beside devices.
func nodeResources(s *corev1.PodStatus, spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if len(s.NodeAllocatableResourceClaimStatuses) == 0 {
		return nil
	}
	claims := map[string]bool{}
	for _, c := range spec.ResourceClaims {
		if c.ResourceClaimName != nil {
			claims[*c.ResourceClaimName] = true
		}
	}
	for _, c := range s.ResourceClaimStatuses {
		if c.ResourceClaimName != nil {
			claims[*c.ResourceClaimName] = true
		}
	}
	for i, c := range s.NodeAllocatableResourceClaimStatuses {
		at := path.Index(i)
		if c.ResourceClaimName == "" {
			errs = append(errs, field.Required(at.Child("resourceClaimName"), "must not be empty"))
		}
		if !claims[c.ResourceClaimName] {
			errs = append(errs, field.Invalid(at.Child("resourceClaimName"), c.ResourceClaimName, "no mapping found in pod reference"))
		}
		if len(c.Containers) == 0 {
			errs = append(errs, field.Required(at.Child("containers"), "must not be empty"))
		}
		if len(c.Resources) == 0 {
			errs = append(errs, field.Required(at.Child("resources"), "must not be empty"))
		}
		for _, name := range kind.SortedKeys(c.Resources) {
			key, q := at.Child("resources").Key(name), c.Resources[name]
			if !podspec.Native(name) {
				errs = append(errs, field.Invalid(key, name, "must be a node allocatable resource name"))
			}
			if q.Sign() < 0 {
				errs = append(errs, field.Invalid(key, q.String(), "must be non-negative"))
			}
		}
	}
	return errs
}

func askedFor(c *corev1.Container, name string, path *field.Path) field.ErrorList {
	if !strings.HasPrefix(name, "claim:") {
		if _, ok := c.Resources.Requests[name]; ok {
			return nil
		}
		return field.ErrorList{field.Invalid(path, name, "must match one of the container's resource requests")}
	}
	for _, claim := range c.Resources.Claims {
		own := "claim:" + claim.Name
		if claim.Request != "" {
			own += "/" + claim.Request
		}
		if own == name {
			return nil
		}
	}
	return field.ErrorList{field.Invalid(path, name, "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty")}
}

// extendedClaim validates the status of the claim for extended resources.
func extendedClaim(s *corev1.PodExtendedResourceClaimStatus, spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if s == nil {
		return nil
	}
	containers := map[string]*corev1.Container{}
	for i := range spec.InitContainers {
		containers[spec.InitContainers[i].Name] = &spec.InitContainers[i]
	}
	for i := range spec.Containers {
		containers[spec.Containers[i].Name] = &spec.Containers[i]
	}
	list := path.Child("requestMappings")
	if len(s.RequestMappings) == 0 {
		errs = append(errs, field.Required(list, "at least one request mapping is required"))
	}
	seen := make(map[corev1.ContainerExtendedResourceRequest]bool, len(s.RequestMappings))
	for i, m := range s.RequestMappings {
		at := list.Index(i)
		if c := containers[m.ContainerName]; c == nil {
			errs = append(errs, field.Invalid(at.Child("containerName"), m.ContainerName, "must match the name of an entry in spec.initContainers.name or spec.containers.name"))
		} else if _, ok := c.Resources.Requests[m.ResourceName]; !ok {
			errs = append(errs, field.Invalid(at.Child("resourceName"), m.ResourceName, "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests"))
		}
		errs = append(errs, kind.DNSLabel(path.Child("requestName"), m.RequestName)...)
		if seen[m] {
			errs = append(errs, field.Duplicate(at.Child("containerName"), m.ContainerName), field.Duplicate(at.Child("resourceName"), m.ResourceName), field.Duplicate(at.Child("requestName"), m.RequestName))
		}
		seen[m] = true
	}
	return append(errs, kind.Needed(path.Child("resourceClaimName"), s.ResourceClaimName, kind.DNSName)...)
}

package dra

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

const (
	mostProperties, mostValues = 32, 48
	mostTaints, mostConsumed   = 16, 2
	longestValue               = 64
)

// validateDevice validates a device of a slice. ownNodes is perDeviceNodeSelection.
func validateDevice(d, old *resourcev1.Device, ownNodes bool, path *field.Path) field.ErrorList {
	errs := label(d.Name, path.Child("name"))
	if n := len(d.Attributes) + len(d.Capacity); n > mostProperties {
		errs = append(errs, field.Invalid(path, int64(n), fmt.Sprintf("the total number of attributes and capacities must not exceed %d", mostProperties)))
	}
	if n := valuesOf(d); n > mostValues {
		errs = append(errs, field.Invalid(path, int64(n), fmt.Sprintf("the total number of attribute values must not exceed %d", mostValues)))
	}
	errs = append(errs, limitedMap(d.Attributes, -1, longestKey, path.Child("attributes"), qualified, attribute)...)
	errs = append(errs, limitedMap(d.Capacity, -1, longestKey, path.Child("capacity"), qualified, func(c *resourcev1.DeviceCapacity, path *field.Path) field.ErrorList {
		return capacity(c, isTrue(d.AllowMultipleAllocations), path)
	})...)
	if !sameTaints(d, old) {
		errs = append(errs, limited(d.Taints, mostTaints, path.Child("taints"), func(t *resourcev1.DeviceTaint, path *field.Path) field.ErrorList {
			return taint(t.Key, t.Value, t.Effect, nil, path)
		})...)
	}
	errs = append(errs, limitedSet(d.ConsumesCounters, mostConsumed, path.Child("consumesCounters"), func(c *resourcev1.DeviceCounterConsumption, path *field.Path) field.ErrorList {
		return counters(c.CounterSet, "counterSet", c.Counters, path)
	}, func(c *resourcev1.DeviceCounterConsumption) string { return c.CounterSet })...)
	errs = append(errs, deviceNodes(d, ownNodes, path)...)
	errs = append(errs, binding(d.BindingConditions, d.BindingFailureConditions, path)...)
	return append(errs, nodeMappings(d, path.Child("nodeAllocatableResourceMappings"))...)
}

// valuesOf is the number of values of all attributes, including those in lists.
func valuesOf(d *resourcev1.Device) (n int) {
	for _, a := range d.Attributes {
		n += max(1, len(a.BoolValues)+len(a.IntValues)+len(a.StringValues)+len(a.VersionValues))
	}
	return n
}

func deviceNodes(d *resourcev1.Device, own bool, path *field.Path) (errs field.ErrorList) {
	if !own {
		if d.NodeName != nil || d.NodeSelector != nil || d.AllNodes != nil {
			return field.ErrorList{field.Invalid(path, nil, "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec")}
		}
		return nil
	}
	var set []string
	if n := d.NodeName; n != nil && *n != "" {
		set = append(set, "`nodeName`")
		errs = append(errs, kind.DNSName(path.Child("nodeName"), *n)...)
	} else if n != nil {
		errs = append(errs, field.Invalid(path.Child("nodeName"), *n, "must not be empty"))
	}
	if d.NodeSelector != nil {
		set = append(set, "`nodeSelector`")
		errs = append(errs, podspec.NodeSelector(d.NodeSelector, path.Child("nodeSelector"))...)
	}
	if isTrue(d.AllNodes) {
		set = append(set, "`allNodes`")
	} else if d.AllNodes != nil {
		errs = append(errs, field.Invalid(path.Child("allNodes"), false, "must be either unset or set to true"))
	}
	const one = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
	switch len(set) {
	case 0:
		errs = append(errs, field.Required(path, one))
	case 1:
	default:
		errs = append(errs, field.Invalid(path, fmt.Sprintf("{%s}", strings.Join(set, ", ")), one))
	}
	return errs
}

// nodeMappings validates the node resources that a device consumes.
func nodeMappings(d *resourcev1.Device, path *field.Path) (errs field.ErrorList) {
	for _, name := range kind.SortedKeys(d.NodeAllocatableResourceMappings) {
		m, at := d.NodeAllocatableResourceMappings[name], path.Key(name)
		if strings.Contains(name, "/") && !strings.Contains(name, "kubernetes.io/") {
			errs = append(errs, field.Invalid(at, name, "must be a node allocatable resource name"))
		}
		if m.AllocationMultiplier == nil && m.CapacityKey == nil {
			errs = append(errs, field.Invalid(at, "", "at least one of allocationMultiplier or capacityKey must be set"))
			continue
		}
		if q := m.AllocationMultiplier; q != nil && q.Sign() <= 0 {
			errs = append(errs, field.Invalid(at.Child("allocationMultiplier"), q.String(), "must be positive"))
		}
		if k := m.CapacityKey; k != nil && *k == "" {
			errs = append(errs, field.Invalid(at.Child("capacityKey"), "", "capacityKey must not be an empty string"))
		} else if k != nil {
			if _, found := d.Capacity[*k]; !found {
				errs = append(errs, field.NotFound(at.Child("capacityKey"), *k))
			}
		}
	}
	return errs
}

// semantic is a version of semver.org.
var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`)

func versionValue(path *field.Path, s string) (errs field.ErrorList) {
	if !semantic.MatchString(s) {
		errs = append(errs, field.Invalid(path, s, "must be a string compatible with semver.org spec 2.0.0"))
	}
	return append(errs, stringValue(path, s)...)
}

func stringValue(path *field.Path, s string) field.ErrorList {
	if len(s) <= longestValue {
		return nil
	}
	return field.ErrorList{field.TooLong(path, "", longestValue)}
}

// attribute requires exactly one value, or one list of values.
func attribute(a *resourcev1.DeviceAttribute, path *field.Path) (errs field.ErrorList) {
	set := 0
	for _, there := range []bool{a.BoolValue != nil, a.IntValue != nil, a.StringValue != nil, a.VersionValue != nil,
		a.BoolValues != nil, a.IntValues != nil, a.StringValues != nil, a.VersionValues != nil} {
		if there {
			set++
		}
	}
	errs = append(errs, kind.Optional(path.Child("string"), a.StringValue, stringValue)...)
	errs = append(errs, kind.Optional(path.Child("version"), a.VersionValue, versionValue)...)
	errs = append(errs, notEmpty(a.BoolValues, path.Child("bools"), nil)...)
	errs = append(errs, notEmpty(a.IntValues, path.Child("ints"), nil)...)
	errs = append(errs, notEmpty(a.StringValues, path.Child("strings"), stringValue)...)
	errs = append(errs, notEmpty(a.VersionValues, path.Child("versions"), versionValue)...)
	switch set {
	case 0:
		errs = append(errs, field.Invalid(path, "", "exactly one value must be specified"))
	case 1:
	default:
		errs = append(errs, field.Invalid(path, display.Value(*a), "exactly one value must be specified"))
	}
	return errs
}

// notEmpty refuses an empty list of values.
func notEmpty[T any](list []T, path *field.Path, item func(*field.Path, T) field.ErrorList) (errs field.ErrorList) {
	if list != nil && len(list) == 0 {
		return field.ErrorList{field.Invalid(path, list, "must not be empty if specified")}
	}
	if item == nil {
		return nil
	}
	for i, v := range list {
		errs = append(errs, item(path.Index(i), v)...)
	}
	return errs
}

package dra

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

const (
	mostDevices, mostDevicesWithMore = 128, 64
	mostCounterSets, mostCounters    = 8, 32
)

var specPath = field.NewPath("spec")

// validateSlice validates a slice and its change from old, which is nil for a create.
func validateSlice(o, old *resourcev1.ResourceSlice) field.ErrorList {
	s := &o.Spec
	errs := driverTitle(s.Driver, specPath.Child("driver"))
	errs = append(errs, pool(&s.Pool, specPath.Child("pool"))...)
	if old != nil {
		errs = append(errs, kind.Unchanged(s.Pool.Name, old.Spec.Pool.Name, specPath.Child("pool", "name"))...)
		errs = append(errs, kind.Unchanged(s.Driver, old.Spec.Driver, specPath.Child("driver"))...)
		errs = append(errs, kind.Unchanged(s.NodeName, old.Spec.NodeName, specPath.Child("nodeName"))...)
	}
	errs = append(errs, sliceNodes(s)...)
	if s.SharedCounters != nil && s.Devices != nil {
		errs = append(errs, field.Invalid(specPath, "", "only one of `sharedCounters` or `devices` is allowed"))
	}
	was := devicesOf(old)
	errs = append(errs, limitedSet(s.Devices, deviceLimit(s.Devices), specPath.Child("devices"), func(d *resourcev1.Device, path *field.Path) field.ErrorList {
		return validateDevice(d, was[d.Name], isTrue(s.PerDeviceNodeSelection), path)
	}, func(d *resourcev1.Device) string { return d.Name })...)
	return append(errs, limitedSet(s.SharedCounters, mostCounterSets, specPath.Child("sharedCounters"), func(c *resourcev1.CounterSet, path *field.Path) field.ErrorList {
		return counters(c.Name, "name", c.Counters, path)
	}, func(c *resourcev1.CounterSet) string { return c.Name })...)
}

// devicesOf are the devices of an old slice by their names.
func devicesOf(old *resourcev1.ResourceSlice) map[string]*resourcev1.Device {
	if old == nil {
		return nil
	}
	out := make(map[string]*resourcev1.Device, len(old.Spec.Devices))
	for i := range old.Spec.Devices {
		if d := &old.Spec.Devices[i]; out[d.Name] == nil {
			out[d.Name] = d
		}
	}
	return out
}

// deviceLimit is lower for slices whose devices have taints, counters or lists, because those are larger.
func deviceLimit(devices []resourcev1.Device) int {
	for i := range devices {
		d := &devices[i]
		if len(d.Taints) > 0 || len(d.ConsumesCounters) > 0 {
			return mostDevicesWithMore
		}
		for _, a := range d.Attributes {
			if a.BoolValues != nil || a.IntValues != nil || a.StringValues != nil || a.VersionValues != nil {
				return mostDevicesWithMore
			}
		}
	}
	return mostDevices
}

func isTrue(b *bool) bool { return b != nil && *b }

func pool(p *resourcev1.ResourcePool, path *field.Path) field.ErrorList {
	errs := poolName(p.Name, path.Child("name"))
	if p.ResourceSliceCount <= 0 {
		errs = append(errs, field.Invalid(path.Child("resourceSliceCount"), p.ResourceSliceCount, "must be greater than zero"))
	}
	if p.Generation < 0 {
		errs = append(errs, field.Invalid(path.Child("generation"), p.Generation, "must be greater than or equal to zero"))
	}
	return errs
}

// sliceNodes requires one of the four fields that select the nodes of the devices.
func sliceNodes(s *resourcev1.ResourceSliceSpec) (errs field.ErrorList) {
	var set []string
	if n := s.NodeName; n != nil && *n != "" {
		set = append(set, "`nodeName`")
		errs = append(errs, kind.DNSName(specPath.Child("nodeName"), *n)...)
	} else if n != nil {
		errs = append(errs, field.Invalid(specPath.Child("nodeName"), *n, "must be either unset or set to a non-empty string"))
	}
	if n := s.NodeSelector; n != nil {
		set = append(set, "`nodeSelector`")
		errs = append(errs, podspec.NodeSelector(n, specPath.Child("nodeSelector"))...)
		if len(n.NodeSelectorTerms) != 1 {
			errs = append(errs, field.Invalid(specPath.Child("nodeSelector", "nodeSelectorTerms"), display.Value(n.NodeSelectorTerms), "must have exactly one node selector term"))
		}
	}
	for _, flag := range []struct {
		name string
		set  *bool
	}{{"allNodes", s.AllNodes}, {"perDeviceNodeSelection", s.PerDeviceNodeSelection}} {
		switch {
		case isTrue(flag.set):
			set = append(set, "`"+flag.name+"`")
		case flag.set != nil:
			errs = append(errs, field.Invalid(specPath.Child(flag.name), false, "must be either unset or set to true"))
		}
	}
	const one = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
	switch len(set) {
	case 0:
		errs = append(errs, field.Required(specPath, one))
	case 1:
	default:
		errs = append(errs, field.Invalid(specPath, fmt.Sprintf("{%s}", strings.Join(set, ", ")), one+", but multiple fields are set"))
	}
	return errs
}

// counters validates a counter set, or a device's consumption of one.
func counters(name, field1 string, list map[string]resourcev1.Counter, path *field.Path) field.ErrorList {
	errs := kind.Needed(path.Child(field1), name, kind.DNSLabel)
	if len(list) == 0 {
		return append(errs, field.Required(path.Child("counters"), ""))
	}
	return append(errs, limitedMap(list, mostCounters, validation.DNS1123LabelMaxLength, path.Child("counters"), label, nil)...)
}

// sameTaints reports whether taints are unchanged, and so not validated again.
func sameTaints(d, old *resourcev1.Device) bool {
	return old != nil && equality.Semantic.DeepEqual(d.Taints, old.Taints)
}

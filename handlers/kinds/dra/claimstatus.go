package dra

import (
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

const (
	mostConsumers, mostResults, mostConditions, mostAddresses = 256, 32, 8, 16
	longestData, longestInterface, longestHardware            = 10 * 1024, 256, 128
)

// device identifies an allocated device, or a share of one.
type device struct{ Driver, Pool, Device, ShareID string }

func deviceOf(driver, pool, name string, share *string) device {
	d := device{driver, pool, name, ""}
	if share != nil {
		d.ShareID = *share
	}
	return d
}

// String is how an error shows a device.
func (d device) String() string {
	s := d.Driver + "/" + d.Pool + "/" + d.Device
	if d.ShareID != "" {
		s += "/" + d.ShareID
	}
	return s
}

// status validates a change of a claim's status.
func (e expressions) status(o, old *resourcev1.ResourceClaim) field.ErrorList {
	path, now, was := field.NewPath("status"), &o.Status, &old.Status
	names := namesOf(&o.Spec.Devices)
	errs := limitedSet(now.ReservedFor, mostConsumers, path.Child("reservedFor"), consumer, func(c *resourcev1.ResourceClaimConsumerReference) string { return c.UID })
	allocated := map[device]bool{}
	if a := now.Allocation; a != nil {
		for _, r := range a.Devices.Results {
			allocated[deviceOf(r.Driver, r.Pool, r.Device, r.ShareID)] = true
		}
	}
	errs = append(errs, limitedSet(now.Devices, -1, path.Child("devices"), func(d *resourcev1.AllocatedDeviceStatus, path *field.Path) field.ErrorList {
		return deviceStatus(d, allocated, path)
	}, func(d *resourcev1.AllocatedDeviceStatus) device {
		return deviceOf(d.Driver, d.Pool, d.Device, d.ShareID)
	})...)
	errs = append(errs, reserved(o, old, path.Child("reservedFor"))...)
	at := path.Child("allocation")
	switch {
	case now.Allocation == nil:
	case was.Allocation != nil:
		errs = append(errs, kind.Unchanged(now.Allocation, was.Allocation, at)...)
	default:
		errs = append(errs, e.allocation(now.Allocation, names, at)...)
	}
	return errs
}

// reserved allows reservations of allocated claims only, and no new ones of a claim that is being deleted.
func reserved(o, old *resourcev1.ResourceClaim, path *field.Path) field.ErrorList {
	if len(o.Status.ReservedFor) == 0 {
		return nil
	}
	if o.Status.Allocation == nil {
		return field.ErrorList{field.Forbidden(path, "may not be specified when `allocated` is not set")}
	}
	if o.DeletionTimestamp == nil {
		return nil
	}
	known := map[resourcev1.ResourceClaimConsumerReference]bool{}
	for _, c := range old.Status.ReservedFor {
		known[c] = true
	}
	for _, c := range o.Status.ReservedFor {
		if !known[c] {
			return field.ErrorList{field.Forbidden(path, "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")}
		}
	}
	return nil
}

func consumer(c *resourcev1.ResourceClaimConsumerReference, path *field.Path) (errs field.ErrorList) {
	for _, part := range []struct{ name, value string }{{"resource", c.Resource}, {"name", c.Name}, {"uid", c.UID}} {
		if part.value == "" {
			errs = append(errs, field.Required(path.Child(part.name), ""))
		}
	}
	return errs
}

func deviceStatus(d *resourcev1.AllocatedDeviceStatus, allocated map[device]bool, path *field.Path) field.ErrorList {
	errs := driverTitle(d.Driver, path.Child("driver"))
	errs = append(errs, poolName(d.Pool, path.Child("pool"))...)
	errs = append(errs, label(d.Device, path.Child("device"))...)
	errs = append(errs, shareID(d.ShareID, path.Child("shareID"))...)
	if id := deviceOf(d.Driver, d.Pool, d.Device, d.ShareID); !allocated[id] {
		errs = append(errs, field.Invalid(path, id, "must be an allocated device in the claim"))
	}
	if n := len(d.Conditions); n > mostConditions {
		errs = append(errs, field.TooMany(path.Child("conditions"), n, mostConditions))
	}
	errs = append(errs, metavalidation.ValidateConditions(d.Conditions, path.Child("conditions"))...)
	if d.Data != nil && len(d.Data.Raw) > 0 {
		errs = append(errs, jsonObject(*d.Data, false, longestData, path.Child("data"))...)
	}
	return append(errs, network(d.NetworkData, path.Child("networkData"))...)
}

func network(n *resourcev1.NetworkDeviceData, path *field.Path) (errs field.ErrorList) {
	if n == nil {
		return nil
	}
	if len(n.InterfaceName) > longestInterface {
		errs = append(errs, field.TooLong(path.Child("interfaceName"), "", longestInterface))
	}
	if len(n.HardwareAddress) > longestHardware {
		errs = append(errs, field.TooLong(path.Child("hardwareAddress"), "", longestHardware))
	}
	return append(errs, limitedSet(n.IPs, mostAddresses, path.Child("ips"), func(a *string, path *field.Path) field.ErrorList {
		return validation.IsValidInterfaceAddress(path, *a)
	}, itself)...)
}

// allocation validates a new allocation. A stored one is not validated again.
func (e expressions) allocation(a *resourcev1.AllocationResult, names requestNames, path *field.Path) field.ErrorList {
	at := path.Child("devices")
	errs := limited(a.Devices.Results, mostResults, at.Child("results"), func(r *resourcev1.DeviceRequestAllocationResult, path *field.Path) field.ErrorList {
		errs := names.reference(r.Request, path.Child("request"))
		errs = append(errs, driverTitle(r.Driver, path.Child("driver"))...)
		errs = append(errs, poolName(r.Pool, path.Child("pool"))...)
		errs = append(errs, label(r.Device, path.Child("device"))...)
		errs = append(errs, binding(r.BindingConditions, r.BindingFailureConditions, path)...)
		return append(errs, shareID(r.ShareID, path.Child("shareID"))...)
	})
	errs = append(errs, limited(a.Devices.Config, 2*mostConfigs, at.Child("config"), func(c *resourcev1.DeviceAllocationConfiguration, path *field.Path) field.ErrorList {
		errs := kind.Needed(path.Child("source"), c.Source, func(path *field.Path, s string) field.ErrorList { return kind.Among(path, s, "FromClaim", "FromClass") })
		errs = append(errs, names.references(c.Requests, path.Child("requests"))...)
		return append(errs, opaque(c.Opaque, false, path.Child("opaque"))...)
	})...)
	if a.NodeSelector != nil {
		errs = append(errs, podspec.NodeSelector(a.NodeSelector, path.Child("nodeSelector"))...)
	}
	return errs
}

// Package display shows structs in the texts of errors as upstream does: as JSON of its internal (version-less) types, which
// have Go's field names and no omitempty. Clients compare and print these texts.
package display

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Value is the value of a field as an error shows it: structs, pointers to them and slices of them in internal form, all
// other values as they are.
func Value(v any) any {
	t := reflect.TypeOf(v)
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return v
	}
	return shown{v}
}

// shown marshals a value in internal form.
type shown struct{ value any }

// MarshalJSON implements json.Marshaler.
func (s shown) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := show(&out, reflect.ValueOf(s.value))
	return out.Bytes(), err
}

// VolumeSource is the part of a volume's spec that says where its bytes are.
type VolumeSource corev1.PersistentVolumeSpec

const sources = "GCEPersistentDisk AWSElasticBlockStore HostPath Glusterfs NFS RBD Quobyte ISCSI FlexVolume Cinder CephFS FC Flocker AzureFile VsphereVolume AzureDisk PhotonPersistentDisk PortworxVolume ScaleIO Local StorageOS CSI"

// order has the fields of the types whose internal form has other fields, or has them in another order.
var order = map[reflect.Type]string{
	reflect.TypeFor[corev1.PodSpec]():              "Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride SchedulingGroup",
	reflect.TypeFor[podSecurity]():                 "HostNetwork HostPID HostIPC ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy",
	reflect.TypeFor[corev1.Volume]():               "Name HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs PersistentVolumeClaim RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image",
	reflect.TypeFor[VolumeSource]():                sources,
	reflect.TypeFor[corev1.PersistentVolumeSpec](): "Capacity " + sources + " AccessModes ClaimRef PersistentVolumeReclaimPolicy StorageClassName MountOptions VolumeMode NodeAffinity VolumeAttributesClassName",
}

// podSecurity is the internal security context of a pod, which includes the host namespaces.
type podSecurity struct {
	HostNetwork, HostPID, HostIPC    bool
	ShareProcessNamespace, HostUsers *bool
	corev1.PodSecurityContext
}

var marshaler = reflect.TypeFor[json.Marshaler]()

func show(out *bytes.Buffer, v reflect.Value) error {
	if !v.IsValid() {
		out.WriteString("null")
		return nil
	}
	// The internal types use those of apimachinery.
	if v.Type().Implements(marshaler) || reflect.PointerTo(v.Type()).Implements(marshaler) || strings.Contains(v.Type().PkgPath(), "k8s.io/apimachinery") {
		if !v.CanAddr() {
			c := reflect.New(v.Type()).Elem()
			c.Set(v)
			v = c
		}
		return raw(out, v.Addr().Interface())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return show(out, v.Elem())
	case reflect.Struct:
		return showStruct(out, v)
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return raw(out, v.Interface())
		}
		out.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := show(out, v.Index(i)); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case reflect.Map:
		return showMap(out, v)
	}
	return raw(out, v.Interface())
}

func showStruct(out *bytes.Buffer, v reflect.Value) error {
	var names []string
	if o, ok := order[v.Type()]; ok {
		names = strings.Fields(o)
	} else {
		for i := range v.NumField() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	out.WriteByte('{')
	first := true
	comma := func() {
		if !first {
			out.WriteByte(',')
		}
		first = false
	}
	for _, name := range names {
		f := v.FieldByName(name)
		if t, ok := v.Type().FieldByName(name); ok && t.Anonymous {
			// Embedded metadata is inlined, without its empty fields.
			b, err := json.Marshal(f.Interface())
			if err != nil {
				return err
			}
			if inner := bytes.Trim(b, "{}"); len(inner) > 0 {
				comma()
				out.Write(b[1 : len(b)-1])
			}
			continue
		}
		if pod, ok := v.Interface().(corev1.PodSpec); ok && name == "SecurityContext" {
			f = reflect.ValueOf(securityOf(&pod))
		}
		comma()
		if err := raw(out, name); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := show(out, f); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func showMap(out *bytes.Buffer, v reflect.Value) error {
	if v.IsNil() {
		out.WriteString("null")
		return nil
	}
	items := make(map[string]reflect.Value, v.Len())
	for _, k := range v.MapKeys() {
		items[k.String()] = v.MapIndex(k)
	}
	out.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(items)) {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := raw(out, k); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := show(out, items[k]); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func raw(out *bytes.Buffer, v any) error {
	b, err := json.Marshal(v)
	out.Write(b)
	return err
}

func securityOf(spec *corev1.PodSpec) podSecurity {
	s := podSecurity{HostNetwork: spec.HostNetwork, HostPID: spec.HostPID, HostIPC: spec.HostIPC, ShareProcessNamespace: spec.ShareProcessNamespace, HostUsers: spec.HostUsers}
	if spec.SecurityContext != nil {
		s.PodSecurityContext = *spec.SecurityContext
	}
	return s
}

package kind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Diff is the difference that a refused update shows: a unified diff of both sides as indented JSON with Go's field
// names and every empty field written out, in the order and shape of the API's version-less types, which is what users of
// the API have always seen.
func Diff(old, now any) string {
	a, aErr := json.MarshalIndent(shown{old}, "", " ")
	b, bErr := json.MarshalIndent(shown{now}, "", " ")
	if err := errors.Join(aErr, bErr); err != nil {
		return fmt.Sprintf("error generating diff: %v", err)
	}
	return diffLines(difflib.SplitLines(string(a)), difflib.SplitLines(string(b)))
}

// The library compares at the cost of the square of the lines. Of texts with more than mostLines it is given the part
// that differs, and of that no more than mostDiffering lines.
const mostLines, mostDiffering, linesAround = 5000, 1000, 3

func diffLines(a, b []string) string {
	skipped, more := 0, ""
	if max(len(a), len(b)) > mostLines {
		for skipped < min(len(a), len(b)) && a[skipped] == b[skipped] {
			skipped++
		}
		same := 0
		for same < min(len(a), len(b))-skipped && a[len(a)-1-same] == b[len(b)-1-same] {
			same++
		}
		skipped, same = max(0, skipped-linesAround), max(0, same-linesAround)
		a, b = a[skipped:len(a)-same], b[skipped:len(b)-same]
		if max(len(a), len(b)) > mostDiffering {
			a, b, more = a[:min(len(a), mostDiffering)], b[:min(len(b), mostDiffering)], "...\n"
		}
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: a, B: b, Context: linesAround})
	if err != nil {
		return fmt.Sprintf("error generating diff: %v", err)
	}
	if skipped > 0 {
		text = hunk.ReplaceAllStringFunc(text, func(head string) string {
			var from, fromLines, to, toLines int
			if _, err := fmt.Sscanf(head, "@@ -%d,%d +%d,%d @@", &from, &fromLines, &to, &toLines); err != nil {
				return head
			}
			return fmt.Sprintf("@@ -%d,%d +%d,%d @@", from+skipped, fromLines, to+skipped, toLines)
		})
	}
	return text + more
}

// hunk is the head of a part of a unified diff.
var hunk = regexp.MustCompile(`(?m)^@@ -\d+,\d+ \+\d+,\d+ @@`)

// shown marshals a value for Diff.
type shown struct{ value any }

// MarshalJSON implements json.Marshaler.
func (s shown) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := show(&out, reflect.ValueOf(s.value))
	return out.Bytes(), err
}

// order has the fields of the types that the version-less API orders or shapes differently.
var order = map[reflect.Type]string{
	reflect.TypeFor[corev1.PodSpec]():              "Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride SchedulingGroup",
	reflect.TypeFor[podSecurity]():                 "HostNetwork HostPID HostIPC ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy",
	reflect.TypeFor[corev1.Volume]():               "Name HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs PersistentVolumeClaim RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image",
	reflect.TypeFor[corev1.PersistentVolumeSpec](): "GCEPersistentDisk AWSElasticBlockStore HostPath Glusterfs NFS RBD Quobyte ISCSI FlexVolume Cinder CephFS FC Flocker AzureFile VsphereVolume AzureDisk PhotonPersistentDisk PortworxVolume ScaleIO Local StorageOS CSI",
}

// podSecurity is a pod's security context together with the flags about the host's namespaces.
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
	// Types of apimachinery keep their own JSON form.
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
			// Metadata stands among the fields of what it belongs to.
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

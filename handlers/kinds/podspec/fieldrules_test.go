package podspec

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func TestFieldRulesOfVolumes(t *testing.T) {
	initiator := "someone"
	for name, c := range map[string]struct {
		volume corev1.Volume
		want   []string
	}{
		"a driver in capitals": {corev1.Volume{CSI: &corev1.CSIVolumeSource{Driver: "Driver.Example.COM"}}, nil},
		"no driver":            {corev1.Volume{CSI: &corev1.CSIVolumeSource{}}, []string{"csi.driver: Required value"}},
		"a long driver":        {corev1.Volume{CSI: &corev1.CSIVolumeSource{Driver: strings.Repeat("a", 64)}}, []string{"csi.driver: Too long: may not be more than 63 bytes"}},
		"no path":              {corev1.Volume{NFS: &corev1.NFSVolumeSource{Server: "s"}}, []string{"nfs.path: Required value", `nfs.path: Invalid value: "": must be an absolute path`}},
		"a negative size":      {corev1.Volume{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: resource.NewQuantity(-1, resource.DecimalSI)}}, []string{"emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"}},
		"iSCSI names": {corev1.Volume{ISCSI: &corev1.ISCSIVolumeSource{TargetPortal: "p", IQN: "iqn.x", InitiatorName: &initiator}},
			[]string{`iscsi.iqn: Invalid value: "iqn.x": must be valid format`, `iscsi.initiatorname: Invalid value: "someone": must be valid format starting with iqn, eui, or naa`}},
		"the disk's first name": {corev1.Volume{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{}}, []string{"persistentDisk.pdName: Required value"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.volume.Name = "v"
			var got []string
			for _, e := range fieldRules().Part(&c.volume, field.NewPath("v")) {
				got = append(got, strings.TrimPrefix(e.Error(), "v."))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A backslash separates nothing.
func TestDescending(t *testing.T) {
	for path, want := range map[string]int{"": 0, "a/b": 0, "a..b": 0, `a\..\b`: 0, "..": 1, "a/../b": 1, "/a": 1, "/a/..": 2} {
		if got := Descending(path, nil); len(got) != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestReportedPath(t *testing.T) {
	for place, want := range map[string]string{
		"spec.containers[0].volumeMounts[1].mountPropagation":          "spec.containers[0].volumeMounts.mountPropagation",
		"spec.containers[0].volumeMounts[1].name":                      "spec.containers[0].volumeMounts[1].name",
		"spec.schedulingGates[2].name":                                 "spec.schedulingGates[2]",
		"spec.volumes[0].downwardAPI.items[3].fieldRef":                "spec.volumes[0].downwardAPI.fieldRef",
		"spec.affinity.podAffinity.required[0].namespaces[4]":          "spec.affinity.podAffinity.required[0].namespace",
		"spec.containers[0].livenessProbe.httpGet.httpHeaders[0].name": "spec.containers[0].livenessProbe.httpGet.httpHeaders",
	} {
		if got := reportedPath(place); got != want {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
}

// The metadata of a claim template has labels and annotations. Paths of other fields have Go names.
func TestClaimTemplateMetadata(t *testing.T) {
	c := &corev1.PersistentVolumeClaimTemplate{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "1", Labels: map[string]string{"a": "b"}}}
	var got []string
	for _, e := range claimTemplate(c, field.NewPath("t")) {
		got = append(got, e.Error())
	}
	if want := []string{"t.metadata.name: Forbidden: cannot be set", "t.metadata.uID: Forbidden: cannot be set"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

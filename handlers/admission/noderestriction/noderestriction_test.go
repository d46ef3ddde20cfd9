package noderestriction

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"
	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"
	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// The golden script noderestriction.txt has what a kubelet meets with the resources that it uses. Here are the rest: volumes of
// drivers, rights, gates, certificates of pods, and objects that are not what they seem.

var errBroken = admissiontest.ErrBroken

type world = admissiontest.World

func meta(name, uid string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(uid)}
}

// objects are a node with pods whose volumes lead to drivers in every way.
func objects() world {
	claimed := func(name string) corev1.Volume {
		v := corev1.Volume{Name: "v"}
		v.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}
		return v
	}
	pod := func(name, node string, volumes ...corev1.Volume) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: meta(name, name+"-uid"), Spec: corev1.PodSpec{NodeName: node, ServiceAccountName: "robot", Volumes: volumes}}
	}
	var csi, ephemeral, migrated corev1.Volume
	csi.CSI = &corev1.CSIVolumeSource{Driver: "direct"}
	ephemeral.Name, ephemeral.Ephemeral = "v", &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{}}
	migrated.AzureFile = &corev1.AzureFileVolumeSource{}
	mirrored := pod("mirrored", "n1")
	mirrored.Annotations = map[string]string{mirror: "x"}
	claim := func(volume string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{VolumeName: volume}}
	}
	byDriver, byDisk, byHost := &corev1.PersistentVolume{}, &corev1.PersistentVolume{}, &corev1.PersistentVolume{}
	byDriver.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: "claimed"}
	byDisk.Spec.AWSElasticBlockStore = &corev1.AWSElasticBlockStoreVolumeSource{}
	byHost.Spec.HostPath = &corev1.HostPathVolumeSource{}
	driver := func(audience string) *storagev1.CSIDriver {
		return &storagev1.CSIDriver{Spec: storagev1.CSIDriverSpec{TokenRequests: []storagev1.TokenRequest{{Audience: "other"}, {Audience: audience}}}}
	}
	return world{
		"nodes//n1": &corev1.Node{ObjectMeta: meta("n1", "n1-uid")}, "nodes//broken": nil,
		"pods/ns/bare": pod("bare", "n1"), "pods/ns/elsewhere": pod("elsewhere", "n2"), "pods/ns/mirrored": mirrored, "pods/ns/broken": nil,
		"pods/ns/csi": pod("csi", "n1", csi), "pods/ns/azure": pod("azure", "n1", migrated), "pods/ns/ephemeral": pod("ephemeral", "n1", ephemeral),
		"pods/ns/claimed": pod("claimed", "n1", claimed("one")), "pods/ns/disk": pod("disk", "n1", claimed("disk")), "pods/ns/host": pod("host", "n1", claimed("host")),
		"pods/ns/lost": pod("lost", "n1", claimed("none")), "pods/ns/unbound": pod("unbound", "n1", claimed("unbound")),
		"persistentvolumeclaims/ns/one": claim("driver"), "persistentvolumeclaims/ns/ephemeral-v": claim("driver"), "persistentvolumeclaims/ns/disk": claim("disk"),
		"persistentvolumeclaims/ns/host": claim("host"), "persistentvolumeclaims/ns/unbound": claim(""),
		"persistentvolumes//driver": byDriver, "persistentvolumes//disk": byDisk, "persistentvolumes//host": byHost,
		"csidrivers//direct": driver("direct-audience"), "csidrivers//claimed": driver("claimed-audience"),
		"csidrivers//ebs.csi.aws.com": driver("disk-audience"), "csidrivers//file.csi.azure.com": driver("azure-audience"),
		"serviceaccounts/ns/robot": &corev1.ServiceAccount{ObjectMeta: meta("robot", "robot-uid")},
	}
}

// asking is a request of node n1.
func asking(group, version, name, subresource string, op admission.Operation, o, old object.Object) *admission.Attributes {
	r := &resource.Resource{Row: resources.Row{Group: group, Version: version, Resource: name, Subresource: subresource}}
	return &admission.Attributes{
		Operation: op, Resource: r, Namespace: "ns", Name: "x", Object: o, Old: old,
		User: &resource.UserInfo{Name: "system:node:n1", Groups: []string{"system:nodes", "system:authenticated"}},
	}
}

// admit asks a plugin with gates that are on, and a right to one audience.
func admit(t *testing.T, a *admission.Attributes, gates ...string) error {
	t.Helper()
	p := &Plugin{
		Objects: objects(),
		MayRequest: func(_ context.Context, node *resource.UserInfo, namespace, account, audience string) (bool, error) {
			if node != a.User || namespace != "ns" || account != "x" {
				t.Errorf("asked for %v, %s, %s", node, namespace, account)
			}
			if audience == "broken" {
				return false, errBroken
			}
			return audience == "granted", nil
		},
		Enabled: func(gate string) bool {
			for _, g := range gates {
				if g == gate {
					return true
				}
			}
			return false
		},
	}
	return p.Admit(t.Context(), a)
}

// expect compares an error with a part of its text; nothing expects that there is none.
func expect(t *testing.T, name string, err error, code int32, want string) {
	t.Helper()
	var status apierrors.APIStatus
	got := int32(500)
	if errors.As(err, &status) {
		got = status.Status().Code
	}
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: %v, want %q", name, err, want)
	case want != "" && got != code:
		t.Errorf("%s: code %d, want %d", name, got, code)
	}
}

func TestWhoIsANode(t *testing.T) {
	for _, c := range []struct {
		name string
		user *resource.UserInfo
		want string
	}{
		{"nobody", nil, ""},
		{"a user", &resource.UserInfo{Name: "ann", Groups: []string{"system:nodes"}}, ""},
		{"a node of no group", &resource.UserInfo{Name: "system:node:n1"}, ""},
		{"a node", &resource.UserInfo{Name: "system:node:n1", Groups: []string{"system:nodes"}}, "is not allowed to modify node"},
		{"a node without a name", &resource.UserInfo{Name: "system:node:", Groups: []string{"system:nodes"}}, `could not determine node from user "system:node:"`},
	} {
		a := asking("", "v1", "nodes", "", admission.Update, &corev1.Node{}, &corev1.Node{})
		a.User = c.user
		expect(t, c.name, admit(t, a), 403, c.want)
	}
	a := asking("", "v1", "configmaps", "", admission.Create, &corev1.ConfigMap{}, nil)
	expect(t, "a resource that the authorizer sees to", admit(t, a), 0, "")
	a = asking("", "v1", "pods", "exec", admission.Connect, nil, nil)
	expect(t, "a connection", admit(t, a), 0, "")
}

func TestAudiences(t *testing.T) {
	const gate = "ServiceAccountNodeAudienceRestriction"
	for _, c := range []struct {
		pod, audience string
		want          string
		code          int32
	}{
		{"csi", "direct-audience", "", 0},
		{"csi", "claimed-audience", `audience "claimed-audience" not found in pod spec volume, system:node:n1 is not authorized`, 403},
		{"claimed", "claimed-audience", "", 0},
		{"ephemeral", "claimed-audience", "", 0},
		{"disk", "disk-audience", "", 0},
		{"azure", "azure-audience", "", 0},
		{"host", "disk-audience", "not found in pod spec volume", 403},
		{"lost", "claimed-audience", `error validating audience "claimed-audience": persistentvolumeclaim "none" not found`, 403},
		{"unbound", "claimed-audience", `persistentvolume "" not found`, 403},
		{"bare", "granted", "", 0},
		{"bare", "", `audience "" not found in pod spec volume`, 403},
		{"bare", "broken", "error authorizing system:node:n1 to request tokens for this audience: the store is away", 403},
		{"broken", "x", "the store is away", 403},
	} {
		request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
			BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: c.pod, UID: c.pod + "-uid"},
		}}
		if c.audience != "" {
			request.Spec.Audiences = []string{c.audience}
		}
		a := asking("", "v1", "serviceaccounts", "token", admission.Create, request, nil)
		expect(t, c.pod+" for "+c.audience, admit(t, a, gate), c.code, c.want)
		if c.pod != "broken" {
			expect(t, c.pod+" without the gate", admit(t, a), 0, "")
		}
	}
}

func TestPodCertificates(t *testing.T) {
	good := certificatesv1beta1.PodCertificateRequestSpec{
		NodeName: "n1", NodeUID: "n1-uid", PodName: "bare", PodUID: "bare-uid", ServiceAccountName: "robot", ServiceAccountUID: "robot-uid",
	}
	for _, c := range []struct {
		name, want string
		code       int32
		change     func(*certificatesv1beta1.PodCertificateRequestSpec)
	}{
		{"all is well", "", 0, func(*certificatesv1beta1.PodCertificateRequestSpec) {}},
		{"another node", `which is not the requesting node "n1"`, 403, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.NodeName = "n2" }},
		{"an older node", `names node UID "old"`, 500, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.NodeUID = "old" }},
		{"no such pod", `pod "none" not found`, 500, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.PodName = "none" }},
		{"a pod that cannot be read", "the store is away", 403, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.PodName = "broken" }},
		{"an older pod", "differs from running pod", 500, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.PodUID = "old" }},
		{"a pod elsewhere", "is not running on node", 403, func(s *certificatesv1beta1.PodCertificateRequestSpec) {
			s.PodName, s.PodUID = "elsewhere", "elsewhere-uid"
		}},
		{"a mirror pod", "is a mirror pod", 403, func(s *certificatesv1beta1.PodCertificateRequestSpec) {
			s.PodName, s.PodUID = "mirrored", "mirrored-uid"
		}},
		{"another account", "that differs from running pod", 403, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.ServiceAccountName = "other" }},
		{"an older account", "names service account UID", 500, func(s *certificatesv1beta1.PodCertificateRequestSpec) { s.ServiceAccountUID = "old" }},
	} {
		request := &certificatesv1beta1.PodCertificateRequest{Spec: good}
		c.change(&request.Spec)
		a := asking("certificates.k8s.io", "v1beta1", "podcertificaterequests", "", admission.Create, request, nil)
		expect(t, c.name, admit(t, a, "PodCertificateRequest"), c.code, c.want)
		expect(t, c.name+" without the gate", admit(t, a), 403, "feature gate is disabled")
	}
	for _, c := range []struct {
		subresource string
		op          admission.Operation
		want        string
	}{{"", admission.Update, "unexpected operation UPDATE"}, {"status", admission.Create, "unexpected subresource status"}} {
		a := asking("certificates.k8s.io", "v1beta1", "podcertificaterequests", c.subresource, c.op, &certificatesv1beta1.PodCertificateRequest{Spec: good}, nil)
		expect(t, c.want, admit(t, a, "PodCertificateRequest"), 403, c.want)
	}
}

func TestSlices(t *testing.T) {
	own, other := "n1", "n2"
	of := func(node *string) object.Object {
		return &resourcev1.ResourceSlice{Spec: resourcev1.ResourceSliceSpec{NodeName: node}}
	}
	older := func(node string) object.Object {
		return &resourcev1beta1.ResourceSlice{Spec: resourcev1beta1.ResourceSliceSpec{NodeName: node}}
	}
	for _, c := range []struct {
		name  string
		slice object.Object
		want  string
	}{
		{"its own", of(&own), ""}, {"another's", of(&other), "with the same NodeName"}, {"nobody's", of(nil), "with the same NodeName"},
		{"its own in an older version", older("n1"), ""}, {"nobody's in an older version", older(""), "with the same NodeName"},
		{"something else", &corev1.Pod{}, "unexpected type"},
	} {
		expect(t, "creating "+c.name, admit(t, asking("resource.k8s.io", "v1", "resourceslices", "", admission.Create, c.slice, nil)), 403, c.want)
		expect(t, "deleting "+c.name, admit(t, asking("resource.k8s.io", "v1", "resourceslices", "", admission.Delete, nil, c.slice)), 403, c.want)
		expect(t, "updating "+c.name, admit(t, asking("resource.k8s.io", "v1", "resourceslices", "", admission.Update, c.slice, c.slice)), 403, "")
	}
}

// What is no request at all is refused, unless the gate lets kubelets ask for anything, or somebody else signs.
func TestSigningRequests(t *testing.T) {
	bad := func(signer string) *admission.Attributes {
		csr := &certificatesv1.CertificateSigningRequest{}
		csr.Spec.SignerName, csr.Spec.Request = signer, []byte("no PEM")
		return asking("certificates.k8s.io", "v1", "certificatesigningrequests", "", admission.Create, csr, nil)
	}
	for _, signer := range []string{servingSigner, clientSigner} {
		expect(t, signer, admit(t, bad(signer)), 403, "unable to parse csr: PEM block type must be CERTIFICATE REQUEST")
		expect(t, signer, admit(t, bad(signer), "AllowInsecureKubeletCertificateSigningRequests"), 0, "")
	}
	expect(t, "another signer", admit(t, bad("example.com/mine")), 0, "")
}

// An object of a type that a rule does not know is refused by every rule that looks inside.
func TestUnexpectedTypes(t *testing.T) {
	odd := &corev1.ConfigMap{}
	for _, a := range []*admission.Attributes{
		asking("", "v1", "pods", "", admission.Create, odd, nil),
		asking("", "v1", "pods", "status", admission.Update, odd, odd),
		asking("", "v1", "persistentvolumeclaims", "status", admission.Update, odd, odd),
		asking("", "v1", "serviceaccounts", "token", admission.Create, odd, nil),
		asking("certificates.k8s.io", "v1", "certificatesigningrequests", "", admission.Create, odd, nil),
	} {
		expect(t, a.Resource.Resource+"/"+a.Resource.Subresource, admit(t, a), 403, "unexpected type *v1.ConfigMap")
	}
	a := asking("", "v1", "nodes", "", admission.Create, odd, nil)
	a.Name = "n1"
	expect(t, "nodes", admit(t, a), 403, "unexpected type")
	for _, c := range []struct{ resource, subresource string }{
		{"pods", "binding"}, {"pods", "ephemeralcontainers"}, {"pods", "resize"}, {"persistentvolumeclaims", ""},
	} {
		expect(t, c.resource+"/"+c.subresource, admit(t, asking("", "v1", c.resource, c.subresource, admission.Update, odd, odd)), 403, "only")
	}
	for _, c := range []struct{ resource, subresource string }{{"pods", "status"}, {"pods", "eviction"}, {"persistentvolumeclaims", "status"}} {
		expect(t, "deleting "+c.resource+"/"+c.subresource, admit(t, asking("", "v1", c.resource, c.subresource, admission.Delete, nil, odd)), 403, "unexpected operation")
	}
}

// Every volume that the model has is known: one that is not would be an error for each mirror pod.
func TestVolumesOfMirrorPods(t *testing.T) {
	kinds := 0
	for _, f := range reflect.VisibleFields(reflect.TypeFor[corev1.Volume]()) {
		if f.Type.Kind() != reflect.Pointer {
			continue
		}
		kinds++
		var v corev1.Volume
		reflect.ValueOf(&v).Elem().FieldByIndex(f.Index).Set(reflect.New(f.Type.Elem()))
		if what, err := referencedBy(&v); err != nil {
			t.Errorf("%s: %q, %v", f.Name, what, err)
		}
	}
	if kinds < 20 {
		t.Errorf("%d kinds of volumes were tried", kinds)
	}
	if what, err := referencedBy(&corev1.Volume{Name: "v"}); err == nil {
		t.Errorf("a volume of nothing: %q", what)
	}
	v := corev1.Volume{Name: "v"}
	v.Projected = &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{{}}}
	if what, err := referencedBy(&v); err == nil {
		t.Errorf("a projection of nothing: %q", what)
	}
}

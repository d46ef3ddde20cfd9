package strategy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"
	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"
	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var bigOne = big.NewInt(1)

// The texts are the original's.
func TestOtherRules(t *testing.T) {
	runRules(t, []ruleCase{
		{"autoscaling", "v2", "horizontalpodautoscalers", `{spec: {minReplicas: 5, maxReplicas: 3, scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: a}, metrics: [{type: Pods, resource: {name: cpu}, external: {metric: {name: x}, target: {type: Value, value: 1}}}]}}`, "", []string{
			"spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
			"spec.metrics[0].pods: Required value: must populate information for the given metric source",
			"spec.metrics[0].external: Forbidden: must populate the given metric source only",
			"spec.metrics[0].resource: Forbidden: must populate the given metric source only"}},
		{"autoscaling", "v1", "horizontalpodautoscalers", `{spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: a}}}`, "", []string{
			`spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group`}},
		{"policy", "v1", "poddisruptionbudgets", `{spec: {minAvailable: 1, maxUnavailable: 200%}}`, "", []string{
			`spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"200%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
			`spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%`}},
		{"apiregistration.k8s.io", "v1", "apiservices", `{metadata: {name: v1.foo}, spec: {group: foo.x, version: v1}}`, "", []string{
			"metadata.name: Invalid value: \"v1.foo\": must be `spec.version+\".\"+spec.group`: \"v1.foo.x\"",
			"spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000",
			"spec.versionPriority: Invalid value: 0: must be positive and less than 1000"}},
		{"apiextensions.k8s.io", "v1", "customresourcedefinitions", `{metadata: {name: a}, spec: {group: g, names: {plural: p}}}`, "", []string{
			`metadata.name: Invalid value: "a": must be spec.names.plural+"."+spec.group`}},
		{"storage.k8s.io", "v1", "volumeattributesclasses", `{driverName: b, parameters: {a: c}}`, `{driverName: a, parameters: {a: b}}`, []string{
			"driverName: Forbidden: updates to driverName are forbidden.", "parameters: Forbidden: updates to parameters are forbidden."}},
		{"storage.k8s.io", "v1", "csidrivers", `{spec: {attachRequired: true}}`, `{spec: {attachRequired: false}}`, []string{"spec.attachedRequired: Invalid value: true: field is immutable"}},
		{"storage.k8s.io", "v1", "csinodes", `{spec: {drivers: [{name: a, nodeID: new, allocatable: {count: 3}}]}}`, `{spec: {drivers: [{name: a, nodeID: x}]}}`, []string{
			`spec.drivers: Invalid value: {"Name":"a","NodeID":"new","TopologyKeys":null,"Allocatable":null}: field is immutable`}},
		{"certificates.k8s.io", "v1beta1", "clustertrustbundles", `{metadata: {name: "a:b"}}`, "", []string{
			`metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name`}},
		{"certificates.k8s.io", "v1beta1", "clustertrustbundles", `{metadata: {name: "x.y:z:b"}, spec: {signerName: x.y/z}}`, "", nil},
	})
	if got := verdict(hooks(t, "resource.k8s.io", "v1", "resourceclaims", ""), parsedClaim(t, "b"), parsedClaim(t, "a")); len(got) != 1 || !strings.HasSuffix(got[0], "field is immutable") {
		t.Errorf("%q", got)
	}
}

func parsedClaim(t *testing.T, class string) object.Object {
	return ruleCase{group: "resource.k8s.io", version: "v1", resource: "resourceclaims"}.object(t, `{spec: {devices: {requests: [{name: r, exactly: {deviceClassName: `+class+`}}]}}}`)
}

func request(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "a"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func TestSigningRequests(t *testing.T) {
	const group, name = "certificates.k8s.io", "certificatesigningrequests"
	s := hooks(t, group, "v1", name, "")
	o := &certificatesv1.CertificateSigningRequest{}
	o.Spec = certificatesv1.CertificateSigningRequestSpec{Username: "forged", Groups: []string{"system:masters"}, Request: request(t), SignerName: "a.b/c", Usages: []string{"client auth"}}
	a := &resource.Attempt{User: &resource.UserInfo{Name: "ann", UID: "1", Groups: []string{"g"}, Extra: map[string][]string{"k": {"v"}}}}
	if err := s.PrepareForCreate(background, a, o); err != nil {
		t.Fatal(err)
	}
	if o.Spec.Username != "ann" || o.Spec.UID != "1" || o.Spec.Groups[0] != "g" || o.Spec.Extra["k"][0] != "v" {
		t.Errorf("%+v", o.Spec)
	}
	if got := verdict(s, o, nil); len(got) > 0 {
		t.Errorf("%q", got)
	}
	bad := &certificatesv1.CertificateSigningRequest{Spec: certificatesv1.CertificateSigningRequestSpec{Request: []byte("a"), SignerName: "foo", Usages: []string{"x", "x"}, ExpirationSeconds: new(int32(5))}}
	want := []string{`spec.request: Invalid value: "YQ==": PEM block type must be CERTIFICATE REQUEST`, `spec.usages[1]: Duplicate value: "x"`,
		`spec.signerName: Invalid value: "foo": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
		"spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)"}
	if got := verdict(s, bad, nil); !same(got, want) {
		t.Errorf("%q", got)
	}

	approve := hooks(t, group, "v1", name, "approval")
	approved := object.Copy(o)
	approved.Spec.SignerName = "changed/x"
	approved.Status.Certificate = []byte("x")
	approved.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{Type: "Approved", Status: "True"}}
	if err := approve.PrepareForUpdate(background, attempt(), approved, o); err != nil {
		t.Fatal(err)
	}
	if c := approved.Status.Conditions[0]; approved.Spec.SignerName != "a.b/c" || approved.Status.Certificate != nil || !c.LastUpdateTime.Time.Equal(someTime) || !c.LastTransitionTime.Time.Equal(someTime) {
		t.Errorf("%+v", approved)
	}
	if got := verdict(approve, approved, o); len(got) > 0 {
		t.Errorf("%q", got)
	}
	both := object.Copy(approved)
	both.Status.Conditions = append(both.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{Type: "Denied", Status: "False"})
	if got := verdict(approve, both, approved); !same(got, []string{`status.conditions[1].status: Unsupported value: "False": supported values: "True"`,
		`status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`}) {
		t.Errorf("%q", got)
	}

	status := hooks(t, group, "v1", name, "status")
	signed := object.Copy(o)
	signed.Status.Certificate = []byte("x")
	signed.Status.Conditions = approved.Status.Conditions
	if got := verdict(status, signed, o); !same(got, []string{`status.conditions: Forbidden: updates may not add a condition of type "Approved"`,
		`status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block`}) {
		t.Errorf("%q", got)
	}
	removed := object.Copy(approved)
	removed.Status.Conditions = nil
	if got := verdict(status, removed, approved); !same(got, []string{`status.conditions: Forbidden: updates may not remove a condition of type "Approved"`}) {
		t.Errorf("%q", got)
	}
	changedBySomebody := object.Copy(approved)
	changedBySomebody.Status.Conditions[0].Message = "lost"
	if err := status.PrepareStatus(background, attempt(), changedBySomebody, approved); err != nil || changedBySomebody.Status.Conditions[0].Message != "" {
		t.Errorf("%+v %v", changedBySomebody.Status, err)
	}
	main := object.Copy(o)
	main.Spec.Username = "other"
	if err := s.PrepareForUpdate(background, attempt(), main, approved); err != nil || main.Spec.Username != "ann" || len(main.Status.Conditions) != 1 {
		t.Errorf("%+v %v", main, err)
	}
}

func TestCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: bigOne}, &x509.Certificate{SerialNumber: bigOne}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for _, c := range []struct {
		text []byte
		want string
	}{
		{good, ""}, {bytes.Repeat(good, 2), ""}, {nil, "must contain at least one CERTIFICATE PEM block"},
		{pem.EncodeToMemory(&pem.Block{Type: "X", Bytes: der}), `only CERTIFICATE PEM blocks are allowed, found "X"`},
		{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Headers: map[string]string{"a": "b"}, Bytes: der}), "no PEM block headers are permitted"},
	} {
		got := ""
		if err := parseCertificates(c.text); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestOtherPreparations(t *testing.T) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	crd.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1"}, {Name: "v2", Storage: true}}
	s := hooks(t, "apiextensions.k8s.io", "v1", "customresourcedefinitions", "")
	for range 2 {
		if err := s.PrepareForUpdate(background, attempt(), crd, crd); err != nil || len(crd.Status.StoredVersions) != 1 || crd.Status.StoredVersions[0] != "v2" {
			t.Errorf("%v %v", crd.Status.StoredVersions, err)
		}
	}
	local := &apiregistrationv1.APIService{}
	if err := hooks(t, "apiregistration.k8s.io", "v1", "apiservices", "").PrepareForCreate(background, attempt(), local); err != nil || local.Status.Conditions[0].Reason != "Local" {
		t.Errorf("%+v %v", local.Status, err)
	}
	driver, old := &storagev1.CSIDriver{}, &storagev1.CSIDriver{}
	driver.Spec.FSGroupPolicy = new("None")
	if err := hooks(t, "storage.k8s.io", "v1", "csidrivers", "").PrepareForUpdate(background, attempt(), driver, old); err != nil || driver.Generation != 1 {
		t.Errorf("%d %v", driver.Generation, err)
	}
	rule, was := &resourcev1alpha3.DeviceTaintRule{}, &resourcev1alpha3.DeviceTaintRule{}
	rule.Spec.Taint.Effect = "NoExecute"
	if err := hooks(t, "resource.k8s.io", "v1alpha3", "devicetaintrules", "").PrepareForUpdate(background, attempt(), rule, was); err != nil || rule.Spec.Taint.TimeAdded == nil || !rule.Spec.Taint.TimeAdded.Time.Equal(someTime) {
		t.Errorf("%+v %v", rule.Spec.Taint, err)
	}
}

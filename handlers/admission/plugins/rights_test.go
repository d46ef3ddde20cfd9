package plugins

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"
	certificatesv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1alpha1"
	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rights are those of alice, as verb group/resource/subresource namespace/name, and what was asked.
type rights struct {
	given []string
	asked *[]string
}

func (r rights) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	right := fmt.Sprintf("%s %s/%s/%s %s/%s", a.Verb, a.Group, a.Resource, a.Subresource, a.Namespace, a.Name)
	if r.asked != nil {
		*r.asked = append(*r.asked, right)
	}
	if slices.Contains(r.given, right) && a.User.Name == "alice" && a.IsResource {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "no rule", nil
}

func signingRequest(signer string, certificate string, conditions ...string) *certificatesv1.CertificateSigningRequest {
	r := &certificatesv1.CertificateSigningRequest{ObjectMeta: metav1.ObjectMeta{Name: "r"}, Spec: certificatesv1.CertificateSigningRequestSpec{SignerName: signer}}
	r.Status.Certificate = []byte(certificate)
	for _, c := range conditions {
		r.Status.Conditions = append(r.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{Type: c})
	}
	return r
}

func requests(sub string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "certificates.k8s.io", Version: "v1", Resource: "certificatesigningrequests" + sub}
}

func TestSigners(t *testing.T) {
	const exact, domain = "%s certificates.k8s.io/signers/ /a.com/b", "%s certificates.k8s.io/signers/ /a.com/*"
	is, was := signingRequest("a.com/b", "cert", "Failed"), signingRequest("a.com/b", "")
	forged := signingRequest("mine.com/b", "cert")
	signers := []string{"approve certificates.k8s.io/signers/ /mine.com/b", "sign certificates.k8s.io/signers/ /mine.com/b"}
	for _, c := range []struct {
		name   string
		make   func(*Deps) any
		sub    string
		is     object.Object
		was    object.Object
		rights []string
		want   string
	}{
		{"approval by right", newCertificateApproval, "/approval", is, was, []string{fmt.Sprintf(exact, "approve")}, ""},
		{"approval by domain", newCertificateApproval, "/approval", is, was, []string{fmt.Sprintf(domain, "approve")}, ""},
		{"approval without", newCertificateApproval, "/approval", is, was, []string{fmt.Sprintf(exact, "sign")}, `certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "a.com/b"`},
		{"approval for a signer of one's own", newCertificateApproval, "/approval", forged, was, signers, "user not permitted to approve"},
		{"no approval", newCertificateApproval, "/status", is, was, nil, ""},
		{"approval of something else", newCertificateApproval, "/approval", podIn(""), podIn(""), nil, "expected type CertificateSigningRequest, got: *v1.Pod"},
		{"signing by right", newCertificateSigning, "/status", is, was, []string{fmt.Sprintf(exact, "sign")}, ""},
		{"signing by domain", newCertificateSigning, "/status", is, was, []string{fmt.Sprintf(domain, "sign")}, ""},
		{"signing without", newCertificateSigning, "/status", is, was, []string{fmt.Sprintf(exact, "approve")}, `user not permitted to sign requests with signerName "a.com/b"`},
		{"a condition without", newCertificateSigning, "/status", signingRequest("a.com/b", "", "Failed"), was, nil, "user not permitted to sign"},
		{"a status that signs nothing", newCertificateSigning, "/status", is, is, nil, ""},
		{"signing for a signer of one's own", newCertificateSigning, "/status", forged, was, signers, "user not permitted to sign"},
		{"signing of something else", newCertificateSigning, "/status", podIn(""), was, nil, "expected type CertificateSigningRequest, got: *v1.Pod"},
	} {
		a := admissiontest.Request(admission.Update, requests(c.sub), c.is, c.was)
		admissiontest.Check(t, c.name, admissiontest.Run(c.make(&Deps{Authorizer: rights{given: c.rights}}), a), c.want)
	}
}

func TestClusterTrustBundleAttest(t *testing.T) {
	bundles := schema.GroupVersionResource{Group: "certificates.k8s.io", Version: "v1beta1", Resource: "clustertrustbundles"}
	bundle := func(signer, text string, owners ...string) *certificatesv1beta1.ClusterTrustBundle {
		b := &certificatesv1beta1.ClusterTrustBundle{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: certificatesv1beta1.ClusterTrustBundleSpec{SignerName: signer, TrustBundle: text}}
		for _, o := range owners {
			b.OwnerReferences = append(b.OwnerReferences, metav1.OwnerReference{Name: o})
		}
		return b
	}
	old := &certificatesv1alpha1.ClusterTrustBundle{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: certificatesv1alpha1.ClusterTrustBundleSpec{SignerName: "a.com/b"}}
	right := []string{"attest certificates.k8s.io/signers/ /a.com/b"}
	const no = `clustertrustbundles.certificates.k8s.io "b" is forbidden: user not permitted to attest for signerName "a.com/b"`
	for _, c := range []struct {
		name   string
		op     admission.Operation
		is     object.Object
		was    object.Object
		rights []string
		gate   bool
		want   string
	}{
		{"no signer", admission.Create, bundle("", "x"), nil, nil, true, ""},
		{"by right", admission.Create, bundle("a.com/b", "x"), nil, right, true, ""},
		{"without", admission.Create, bundle("a.com/b", "x"), nil, nil, true, no},
		{"in the old version", admission.Create, old, nil, nil, true, no},
		{"a change without", admission.Update, bundle("a.com/b", "x"), bundle("a.com/b", "y"), nil, true, no},
		{"owners", admission.Update, bundle("a.com/b", "x", "o"), bundle("a.com/b", "x"), nil, true, ""},
		{"owners and more", admission.Update, bundle("a.com/b", "x", "o"), bundle("a.com/b", "y"), nil, true, no},
		{"something else", admission.Create, podIn(""), nil, nil, true, "expected type ClusterTrustBundle"},
		{"the gate is off", admission.Create, bundle("a.com/b", "x"), nil, nil, false, ""},
	} {
		p := newClusterTrustBundleAttest(&Deps{Authorizer: rights{given: c.rights}, Enabled: func(string) bool { return c.gate }})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(c.op, bundles, c.is, c.was)), c.want)
	}
}

func TestCertificateSubjectRestriction(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	asking := func(signer string, groups ...string) *certificatesv1.CertificateSigningRequest {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x", Organization: groups}}, key)
		if err != nil {
			t.Fatal(err)
		}
		r := signingRequest(signer, "")
		r.Spec.Request = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
		return r
	}
	unreadable := signingRequest(apiClientSigner, "")
	unreadable.Spec.Request = []byte("x")
	for _, c := range []struct {
		name string
		o    object.Object
		want string
	}{
		{"a developer", asking(apiClientSigner, "dev"), ""},
		{"a master", asking(apiClientSigner, "dev", "system:masters"), `certificatesigningrequests.certificates.k8s.io "r" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed`},
		{"a master elsewhere", asking("a.com/b", "system:masters"), ""},
		{"nothing readable", unreadable, "failed to parse CSR: PEM block type must be CERTIFICATE REQUEST"},
		{"something else", podIn(""), "expected type CertificateSigningRequest"},
	} {
		admissiontest.Check(t, c.name, admissiontest.Run(newCertificateSubjectRestriction(nil), admissiontest.Request(admission.Create, requests(""), c.o, nil)), c.want)
	}
}

func TestOwnerReferencesPermissionEnforcement(t *testing.T) {
	ref := func(uid, kind string, blocks *bool) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: "v1", Kind: kind, Name: "o", UID: types.UID(uid), BlockOwnerDeletion: blocks}
	}
	owned := func(refs ...metav1.OwnerReference) *corev1.Pod {
		p := podIn("ns")
		p.OwnerReferences = refs
		return p
	}
	many := make([]metav1.OwnerReference, 1000)
	for i := range many {
		many[i] = ref(fmt.Sprint(i), "ReplicationController", number(true))
	}
	kinds := func(gvk schema.GroupVersionKind) []*resource.Resource {
		switch gvk.Kind {
		case "ReplicationController":
			return []*resource.Resource{{Row: resources.Row{Version: "v1", Resource: "replicationcontrollers", Namespaced: true}}}
		case "Node":
			return []*resource.Resource{{Row: resources.Row{Version: "v1", Resource: "nodes"}}}
		}
		return nil
	}
	const mayDelete, mayBlock, mayAll = "delete /pods/ ns/x", "update /replicationcontrollers/finalizers ns/o", "update */*/finalizers /*"
	for _, c := range []struct {
		name   string
		op     admission.Operation
		is     *corev1.Pod
		was    *corev1.Pod
		rights []string
		want   string
	}{
		{"none", admission.Create, owned(), nil, nil, ""},
		{"a new one with an owner", admission.Create, owned(ref("1", "X", nil)), nil, nil, ""},
		{"no change", admission.Update, owned(ref("1", "X", nil)), owned(ref("1", "X", nil)), nil, ""},
		{"a change without", admission.Update, owned(ref("1", "X", nil)), owned(), nil, `pods "x" is forbidden: cannot set an ownerRef on a resource you can't delete: no rule, <nil>`},
		{"one goes, without", admission.Update, owned(), owned(ref("1", "X", nil)), nil, "cannot set an ownerRef"},
		{"a change by right", admission.Update, owned(ref("1", "X", nil)), owned(), []string{mayDelete}, ""},
		{"blocking without", admission.Create, owned(ref("1", "ReplicationController", number(true))), nil, nil, "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: no rule, <nil>"},
		{"blocking by right", admission.Create, owned(ref("1", "ReplicationController", number(true))), nil, []string{mayBlock}, ""},
		{"blocking by the right to all", admission.Create, owned(ref("1", "Nosuch", number(true))), nil, []string{mayAll}, ""},
		{"blocking what is of no namespace", admission.Create, owned(ref("1", "Node", number(true))), nil, []string{"update /nodes/finalizers /o"}, ""},
		{"blocking a kind that is not served", admission.Create, owned(ref("1", "Nosuch", number(true))), nil, nil, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Nosuch: no matches for kind "Nosuch" in version "v1"`},
		{"not blocking", admission.Create, owned(ref("1", "Nosuch", number(false))), nil, nil, ""},
		{"one that blocked before", admission.Update, owned(ref("1", "Nosuch", number(true)), ref("2", "X", nil)), owned(ref("1", "Nosuch", number(true))), []string{mayDelete}, ""},
		{"one that begins to block", admission.Update, owned(ref("1", "ReplicationController", number(true))), owned(ref("1", "ReplicationController", nil)), []string{mayDelete}, "cannot set blockOwnerDeletion"},
		{"many references to one owner", admission.Create, owned(many...), nil, []string{mayBlock}, ""},
	} {
		var asked []string
		p := newOwnerReferences(&Deps{Authorizer: rights{c.rights, &asked}, Kinds: kinds})
		was := object.Object(nil)
		if c.was != nil {
			was = c.was
		}
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(c.op, podsResource, c.is, was)), c.want)
		if len(asked) > 3 {
			t.Errorf("%s: asked %d times, such as %s", c.name, len(asked), strings.Join(asked[:3], ", "))
		}
		admissiontest.Check(t, c.name+" in a status", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("status"), c.is, was)), "")
	}
}

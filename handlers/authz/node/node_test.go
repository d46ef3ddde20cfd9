package node

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// stored is an object as it lies in the store.
func stored(t testing.TB, o object.Object) (prefix int, kv storage.KeyValue) {
	t.Helper()
	var gvk schema.GroupVersionKind
	switch o.(type) {
	case *corev1.Pod:
		prefix, gvk = 0, schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	case *corev1.PersistentVolume:
		prefix, gvk = 1, schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolume"}
	case *storagev1.VolumeAttachment:
		prefix, gvk = 2, schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "VolumeAttachment"}
	case *resourcev1.ResourceSlice:
		prefix, gvk = 3, schema.GroupVersionKind{Group: "resource.k8s.io", Version: "v1", Kind: "ResourceSlice"}
	default:
		t.Fatalf("%T", o)
	}
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return prefix, storage.KeyValue{Key: followed[prefix].Key(o.GetNamespace(), o.GetName()), Value: b, Revision: 1}
}

func newSink() *sink { return &sink{graph: newGraph(), log: slog.New(slog.DiscardHandler)} }

func (s *sink) add(t testing.TB, objects ...object.Object) {
	t.Helper()
	for _, o := range objects {
		prefix, kv := stored(t, o)
		s.Change(prefix, storage.Event{Type: storage.Put, Key: kv.Key, Value: kv.Value, Revision: kv.Revision})
	}
}

func (s *sink) drop(t testing.TB, o object.Object) {
	t.Helper()
	prefix, kv := stored(t, o)
	s.Change(prefix, storage.Event{Type: storage.Deleted, Key: kv.Key})
}

func aPod(name, node string, spec corev1.PodSpec) *corev1.Pod {
	spec.NodeName = node
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: spec}
}

func at[T any](v T) *T { return &v }

func withSecret(name string) corev1.PodSpec {
	return corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v", Secret: &corev1.SecretVolumeSource{SecretName: name}}}}
}

// ask reads "get core pods/status in ns named x where spec.nodeName=n".
func ask(t testing.TB, text string) authz.Attributes {
	w := strings.Fields(text)
	a := authz.Attributes{IsResource: true, Verb: w[0], Group: w[1]}
	if a.Group == "core" {
		a.Group = ""
	}
	a.Resource, a.Subresource, _ = strings.Cut(w[2], "/")
	for i := 3; i+1 < len(w); i += 2 {
		switch w[i] {
		case "in":
			a.Namespace = w[i+1]
		case "named":
			a.Name = w[i+1]
		case "where":
			s, err := fields.ParseSelector(w[i+1])
			if err != nil {
				t.Fatal(err)
			}
			a.Fields = s.Requirements()
		}
	}
	return a
}

const unrelated = "no relationship found between node 'n1' and this object"

// asked is what node n1 asks in TestAuthorize.
var asked = []struct {
	ask, reason string
	allowed     bool
}{
	{"get core secrets in ns named mounted", "", true},
	{"watch core secrets in ns named mounted", "", true},
	{"list core secrets in ns named pull", "", true},
	{"get core secrets in other named mounted", unrelated, false},
	{"get core secrets in ns named other", unrelated, false},
	{"get core secrets in ns named unscheduled", unrelated, false},
	{"get core secrets in ns named of-mirror", unrelated, false},
	{"list core secrets in ns", "No Object name found", false},
	{"list core secrets named mounted", "can only read namespaced object of this type", false},
	{"update core secrets in ns named mounted", "can only read resources of this type", false},
	{"get core secrets/x in ns named mounted", "cannot read subresource", false},
	{"get core configmaps in ns named env", "", true},
	{"get core configmaps in ns named mounted", unrelated, false},
	{"get core serviceaccounts in ns named robot", "", true},
	{"create core serviceaccounts/token in ns named robot", "", true},
	{"create core serviceaccounts/token in ns named other", unrelated, false},
	{"create core serviceaccounts in ns named robot", "can only create token subresource of serviceaccount", false},
	{"list core serviceaccounts in ns", "can only create tokens for individual service accounts", false},
	{"get core persistentvolumeclaims in ns named claim", "", true},
	{"get core persistentvolumeclaims in ns named one-scratch", "", true},
	{"get core persistentvolumeclaims in ns named claim-of-nobody", unrelated, false},
	{"patch core persistentvolumeclaims/status in ns named claim", "", true},
	{"get core persistentvolumeclaims/status in ns named claim", "can only get/update/patch this type", false},
	{"patch core persistentvolumeclaims in ns named claim", "can only get individual resources of this type", false},
	{"get core persistentvolumes named pv", "", true},
	{"get core persistentvolumes named pv-other", unrelated, false},
	{"get core persistentvolumes/status named pv", "cannot get subresource", false},
	{"get core secrets in vault named publish", "", true},
	{"get core secrets in vault named controller", unrelated, false},
	{"get resource.k8s.io resourceclaims in ns named gpu-claim", "", true},
	{"get resource.k8s.io resourceclaims in ns named nic-claim", "", true},
	{"get resource.k8s.io resourceclaims in ns named stray-claim", unrelated, false},
	{"get storage.k8s.io volumeattachments named va", "", true},
	{"get storage.k8s.io volumeattachments named vb", unrelated, false},
	{"get coordination.k8s.io leases in kube-node-lease named n1", "", true},
	{"create coordination.k8s.io leases in kube-node-lease", "", true},
	{"get coordination.k8s.io leases in kube-node-lease named n2", "can only access node lease with the same name as the requesting node", false},
	{"get coordination.k8s.io leases in kube-system named n1", `can only access leases in the "kube-node-lease" system namespace`, false},
	{"list coordination.k8s.io leases in kube-node-lease named n1", "can only get, create, update, patch, or delete a node lease", false},
	{"update storage.k8s.io csinodes named n1", "", true},
	{"update storage.k8s.io csinodes named n2", "can only access CSINode with the same name as the requesting node", false},
	{"update storage.k8s.io csinodes/status named n1", "cannot authorize CSINode subresources", false},
	{"watch storage.k8s.io csinodes", "can only get, create, update, patch, or delete a CSINode", false},
	{"delete resource.k8s.io resourceslices named rs", "", true},
	{"delete resource.k8s.io resourceslices named rs-all", unrelated, false},
	{"create resource.k8s.io resourceslices", "", true},
	{"list resource.k8s.io resourceslices where spec.nodeName=n1", "", true},
	{"list resource.k8s.io resourceslices where spec.nodeName!=n1", "can only list/watch/deletecollection resourceslices with nodeName field selector", false},
	{"deletecollection resource.k8s.io resourceslices where spec.nodeName=n2", "can only list/watch/deletecollection resourceslices with nodeName field selector", false},
	{"get core nodes named n1", "", true},
	{"get core nodes named n2", "node 'n1' cannot read 'n2', only its own Node object", false},
	{"list core nodes", "node 'n1' cannot read all nodes, only its own Node object", false},
	{"patch core nodes/status named n1", "", true},
	{"delete core nodes named n1", "", false},
	{"get core nodes/proxy named n1", "", false},
	{"get core pods in ns named one", "", true},
	{"get core pods in ns named mirrored", "", true},
	{"get core pods in ns named two", unrelated, false},
	{"get core pods/log in ns named one", "", false},
	{"list core pods where spec.nodeName=n1", "", true},
	{"watch core pods where spec.nodeName=n1,status.phase=Running", "", true},
	{"list core pods where spec.nodeName=n2", "can only list/watch pods with spec.nodeName field selector", false},
	{"list core pods", "can only list/watch pods with spec.nodeName field selector", false},
	{"watch core pods in ns named one", "", true},
	{"create core pods/eviction in ns named one", "", true},
	{"update core pods in ns named one", "", false},
	{"create certificates.k8s.io podcertificaterequests in ns", "", true},
	{"get certificates.k8s.io podcertificaterequests in ns named x", unrelated, false},
	{"update certificates.k8s.io podcertificaterequests in ns named x", "nodes may not update podcertificaterequests", false},
	{"list core services", "", true},
	{"delete core services in ns named x", "", false},
	{"get apps secrets in ns named mounted", "", false},
}

func TestAuthorize(t *testing.T) {
	s := newSink()
	full := withSecret("mounted")
	full.ServiceAccountName = "robot"
	full.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
	full.Containers = []corev1.Container{{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{Name: "env"}}}}}
	full.Volumes = append(full.Volumes,
		corev1.Volume{Name: "data", PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"}},
		corev1.Volume{Name: "scratch", Ephemeral: &corev1.EphemeralVolumeSource{}})
	full.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu", ResourceClaimTemplateName: at("t")}, {Name: "nic", ResourceClaimName: at("nic-claim")}}
	one := aPod("one", "n1", full)
	one.Status.ResourceClaimStatuses = []corev1.PodResourceClaimStatus{{Name: "gpu", ResourceClaimName: at("gpu-claim")}, {Name: "stray", ResourceClaimName: at("stray-claim")}}
	mirrored := aPod("mirrored", "n1", withSecret("of-mirror"))
	mirrored.Annotations = map[string]string{"a": "b", mirrorAnnotation: "x"}
	bound := func(name, claim string) *corev1.PersistentVolume {
		return &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeSpec{
			ClaimRef: &corev1.ObjectReference{Namespace: "ns", Name: claim},
			CSI: &corev1.CSIPersistentVolumeSource{
				NodePublishSecretRef:      &corev1.SecretReference{Namespace: "vault", Name: "publish"},
				ControllerExpandSecretRef: &corev1.SecretReference{Namespace: "vault", Name: "controller"},
			},
		}}
	}
	s.add(t, one, mirrored, aPod("two", "n2", withSecret("other")), aPod("waiting", "", withSecret("unscheduled")),
		bound("pv", "claim"), bound("pv-other", "claim-of-nobody"),
		&storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "va"}, Spec: storagev1.VolumeAttachmentSpec{NodeName: "n1"}},
		&resourcev1.ResourceSlice{ObjectMeta: metav1.ObjectMeta{Name: "rs"}, Spec: resourcev1.ResourceSliceSpec{NodeName: at("n1")}},
		&resourcev1.ResourceSlice{ObjectMeta: metav1.ObjectMeta{Name: "rs-all"}, Spec: resourcev1.ResourceSliceSpec{AllNodes: at(true)}},
	)
	a := &Authorizer{graph: s.graph, rules: []rbacv1.PolicyRule{{Verbs: []string{"get", "list"}, APIGroups: []string{""}, Resources: []string{"services", "pods", "secrets"}}}}
	early := ask(t, "get core secrets in ns named nowhere")
	early.User = &resource.UserInfo{Name: "system:node:n1", Groups: []string{"system:nodes"}}
	if d, _, err := a.Authorize(t.Context(), early); d != authz.NoOpinion || !errors.Is(err, authz.ErrNotReady) {
		t.Errorf("before all is read: %v %v", d, err)
	}
	s.Publish()
	for _, c := range asked {
		q := ask(t, c.ask)
		q.User = &resource.UserInfo{Name: "system:node:n1", Groups: []string{"system:nodes", "system:authenticated"}}
		decision, reason, err := a.Authorize(t.Context(), q)
		if err != nil || decision == authz.Deny || (decision == authz.Allow) != c.allowed || reason != c.reason {
			t.Errorf("%s: %v %q %v", c.ask, decision, reason, err)
		}
	}
	for _, u := range []struct {
		user   resource.UserInfo
		reason string
	}{
		{resource.UserInfo{Name: "system:node:n1"}, ""},
		{resource.UserInfo{Name: "n1", Groups: []string{"system:nodes"}}, ""},
		{resource.UserInfo{Name: "system:node:", Groups: []string{"system:nodes"}}, `unknown node for user "system:node:"`},
		{resource.UserInfo{Name: "system:node:n3", Groups: []string{"system:nodes"}}, "no relationship found between node 'n3' and this object"},
	} {
		q := ask(t, "get core secrets in ns named mounted")
		q.User = &u.user
		if d, reason, err := a.Authorize(t.Context(), q); d != authz.NoOpinion || reason != u.reason || err != nil {
			t.Errorf("%v: %v %q %v", u.user, d, reason, err)
		}
	}
	if set, err := a.Rules(t.Context(), &resource.UserInfo{Name: "system:node:n1", Groups: []string{"system:nodes"}}, "ns"); err == nil || !set.Incomplete {
		t.Error("the rules of a node are said to be known")
	}
	if set, err := a.Rules(t.Context(), &resource.UserInfo{Name: "u"}, "ns"); err != nil || set.Incomplete {
		t.Error(err)
	}
}

// TestLife follows what becomes of pods and volumes: access ends with the last that gives it.
func TestLife(t *testing.T) {
	s := newSink()
	x := ref{secrets, "ns", "x"}
	step := func(what string, n1, n2 bool) {
		t.Helper()
		if got1, got2 := s.graph.reaches("n1", x), s.graph.reaches("n2", x); got1 != n1 || got2 != n2 {
			t.Errorf("%s: %v %v, want %v %v", what, got1, got2, n1, n2)
		}
	}
	a, b := aPod("a", "n1", withSecret("x")), aPod("b", "n1", withSecret("x"))
	s.add(t, a, b, aPod("c", "n2", withSecret("x")))
	step("three pods", true, true)
	s.drop(t, a)
	step("one of two deleted", true, true)
	s.drop(t, b)
	step("both deleted", false, true)
	s.add(t, a, a, a)
	step("seen more than once", true, true)
	s.drop(t, a)
	step("deleted once", false, true)
	s.add(t, aPod("c", "n2", withSecret("y")))
	step("the pod refers to another", false, false)

	s.add(t, aPod("d", "n1", corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v", PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}}}}))
	pv := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}, Spec: corev1.PersistentVolumeSpec{
		AzureFile: &corev1.AzureFilePersistentVolumeSource{SecretName: "x"}, ClaimRef: &corev1.ObjectReference{Namespace: "ns", Name: "c"},
	}}
	s.add(t, pv)
	step("through a volume", true, false)
	released := pv.DeepCopy()
	released.Spec.ClaimRef = nil
	s.add(t, released)
	step("released", false, false)
	s.add(t, pv)
	step("bound again", true, false)
	prefix, kv := stored(t, aPod("e", "n2", withSecret("x")))
	s.Replace(prefix, func(yield func(storage.KeyValue, error) bool) { yield(kv, nil) })
	step("a new list", false, true)
	s.Replace(prefix, func(yield func(storage.KeyValue, error) bool) { yield(storage.KeyValue{}, storage.ErrCompacted) })
	step("a list that broke off", false, true)
	s.Change(prefix, storage.Event{Type: storage.Put, Key: kv.Key, Value: []byte("k8s\x00\x12\x05ab"), Revision: 9})
	step("a pod that cannot be read", false, false)
	s.drop(t, pv)
	if n := len(s.graph.nodes) + len(s.graph.objects) + len(s.graph.sources); n != 0 {
		t.Errorf("%d entries are left of nothing: %v %v %v", n, s.graph.nodes, s.graph.objects, s.graph.sources)
	}
}

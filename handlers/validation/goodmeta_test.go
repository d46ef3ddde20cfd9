package validation

import (
	"math/rand"
	"strings"
	"testing"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Random metadata, most of it with a fault or two: what is called good here, apimachinery does not complain of.
func TestGoodMetadataIsGood(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	path := field.NewPath("metadata")
	fresh, changed := 0, 0
	for range 20_000 {
		o, namespaced := randomMeta(random), random.Intn(4) > 0
		if goodNew(o, namespaced, apivalidation.NameIsDNSSubdomain) {
			fresh++
			if errs := apivalidation.ValidateObjectMetaAccessor(o, namespaced, apivalidation.NameIsDNSSubdomain, path); len(errs) > 0 {
				t.Fatalf("%v\n%+v", errs.ToAggregate(), o)
			}
		}
		old := randomMeta(random)
		if random.Intn(2) == 0 {
			old = o.DeepCopy()
			old.Generation -= int64(random.Intn(2))
		}
		if goodChange(o, old) {
			changed++
			if errs := apivalidation.ValidateObjectMetaAccessorUpdate(o, old, path); len(errs) > 0 {
				t.Fatalf("%v\n%+v\n%+v", errs.ToAggregate(), old, o)
			}
		}
	}
	if fresh < 500 || changed < 500 {
		t.Errorf("only %d new and %d changed ones are good", fresh, changed)
	}
}

// Metadata as controllers and kubectl make it needs nobody's help.
func TestGoodMetadata(t *testing.T) {
	o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: "web-7c5ddbdf54-x8m2q", GenerateName: "web-7c5ddbdf54-", Namespace: "shop", UID: "1", ResourceVersion: "7",
		CreationTimestamp: metav1.Unix(1, 0), Labels: map[string]string{"app.kubernetes.io/name": "web", "empty": ""},
		Annotations:     map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}", "Upper": "1"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "2"}},
		ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubectl", Operation: "Update", FieldsType: "FieldsV1"}},
	}}
	if !goodNew(o, true, apivalidation.NameIsDNSSubdomain) || !goodChange(o, o.DeepCopy()) {
		t.Error("apimachinery is asked about good metadata")
	}
	o.Annotations["large"] = strings.Repeat("x", apivalidation.TotalAnnotationSizeLimitB)
	if goodNew(o, true, apivalidation.NameIsDNSSubdomain) || goodChange(o, o.DeepCopy()) {
		t.Error("annotations of any size are good")
	}
}

// randomMeta is metadata in which each part is right more often than not.
func randomMeta(r *rand.Rand) *corev1.Pod {
	seldom := func(usual string, others ...string) string {
		if r.Intn(5) > 0 {
			return usual
		}
		return others[r.Intn(len(others))]
	}
	o := &corev1.Pod{}
	o.Name, o.Namespace = seldom("a", "", "A", "a.b", "a_b"), seldom("ns", "", "n.s", "N")
	o.UID, o.ResourceVersion = types.UID(seldom("1", "2")), seldom("1", "")
	o.GenerateName = seldom("", "a-", "A-")
	o.Generation = int64(r.Intn(8)) - 1
	o.CreationTimestamp = metav1.Unix(int64(r.Intn(10)/9), 0)
	if r.Intn(8) == 0 {
		at := metav1.Unix(int64(r.Intn(2)), 0)
		o.DeletionTimestamp = &at
	}
	if r.Intn(8) == 0 {
		grace := int64(r.Intn(2))
		o.DeletionGracePeriodSeconds = &grace
	}
	o.Labels = map[string]string{seldom("a/b", "", "A", "/b", "a//b"): seldom("v", "", "-", "v v")}
	o.Annotations = map[string]string{seldom("a/b", "", "A/B", "a b"): "text of any kind"}
	if r.Intn(6) == 0 {
		o.Finalizers = []string{seldom("a/b", "", "x", "orphan")}
	}
	yes := true
	for range r.Intn(3) {
		o.OwnerReferences = append(o.OwnerReferences, metav1.OwnerReference{
			APIVersion: seldom("v1", "", "a/b/c"), Kind: seldom("Node", "", "Event"), Name: seldom("n", ""), UID: types.UID(seldom("1", "")), Controller: &yes,
		})
	}
	for range r.Intn(2) {
		o.ManagedFields = append(o.ManagedFields, metav1.ManagedFieldsEntry{
			Manager: seldom("m", "\n", strings.Repeat("m", 200)), Operation: metav1.ManagedFieldsOperationType(seldom("Update", "", "Apply", "x")),
			FieldsType: seldom("FieldsV1", "", "x"), Subresource: seldom("", "status", strings.Repeat("s", 300)),
		})
	}
	return o
}

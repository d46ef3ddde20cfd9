package plugins

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var claims = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}

func claim(class *string, annotations map[string]string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "c", Annotations: annotations}, Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: class}}
}

// marked is an object's metadata with an annotation, at a minute.
func marked(name, annotation string, minute int) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC))}
	if annotation != "" {
		m.Annotations = map[string]string{annotation: "true"}
	}
	return m
}

func TestDefaultStorageClass(t *testing.T) {
	const annotation, beta = "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"
	for _, c := range []struct {
		name    string
		claim   *corev1.PersistentVolumeClaim
		classes []metav1.ObjectMeta
		shown   string
	}{
		{"none", claim(nil, nil), []metav1.ObjectMeta{marked("a", "", 1)}, "null"},
		{"one", claim(nil, nil), []metav1.ObjectMeta{marked("a", "", 1), marked("b", annotation, 1)}, `"b"`},
		{"the old annotation", claim(nil, nil), []metav1.ObjectMeta{marked("a", beta, 1)}, `"a"`},
		{"the newest", claim(nil, nil), []metav1.ObjectMeta{marked("a", annotation, 1), marked("b", annotation, 3), marked("c", annotation, 2)}, `"b"`},
		{"the first of the newest", claim(nil, nil), []metav1.ObjectMeta{marked("b", annotation, 3), marked("a", annotation, 3)}, `"a"`},
		{"a class", claim(number("own"), nil), []metav1.ObjectMeta{marked("a", annotation, 1)}, `"own"`},
		{"no class wanted", claim(number(""), nil), []metav1.ObjectMeta{marked("a", annotation, 1)}, `""`},
		{"a class by annotation", claim(nil, map[string]string{betaStorageClass: "own"}), []metav1.ObjectMeta{marked("a", annotation, 1)}, "null"},
	} {
		w := admissiontest.World{}
		for _, m := range c.classes {
			w.Add("storageclasses", &storagev1.StorageClass{ObjectMeta: m})
		}
		admissiontest.Check(t, c.name, admissiontest.Run(newDefaultStorageClass(&Deps{Cached: w}), admissiontest.Request(admission.Create, claims, c.claim, nil)), "")
		if got := shown(t, c.claim.Spec.StorageClassName); got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	broken := newDefaultStorageClass(&Deps{Cached: admissiontest.World{"storageclasses//b": nil}})
	admissiontest.Check(t, "the store is away", admissiontest.Run(broken, admissiontest.Request(admission.Create, claims, claim(nil, nil), nil)), `persistentvolumeclaims "c" is forbidden: the store is away`)
}

func TestDefaultIngressClass(t *testing.T) {
	const annotation = "ingressclass.kubernetes.io/is-default-class"
	ingresses := schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
	w := admissiontest.World{}
	w.Add("ingressclasses", &networkingv1.IngressClass{ObjectMeta: marked("old", annotation, 1)})
	w.Add("ingressclasses", &networkingv1.IngressClass{ObjectMeta: marked("new", annotation, 2)})
	for _, c := range []struct {
		name        string
		class       *string
		annotations map[string]string
		world       admissiontest.World
		shown, want string
	}{
		{"the newest", nil, nil, w, `"new"`, ""},
		{"its own", number("own"), nil, w, `"own"`, ""},
		{"its own by annotation", nil, map[string]string{"kubernetes.io/ingress.class": "x"}, w, "null", ""},
		{"none", nil, nil, admissiontest.World{}, "null", ""},
		{"the store is away", nil, nil, admissiontest.World{"ingressclasses//b": nil}, "null", `ingresses.networking.k8s.io "i" is forbidden: the store is away`},
	} {
		o := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "i", Annotations: c.annotations}, Spec: networkingv1.IngressSpec{IngressClassName: c.class}}
		admissiontest.Check(t, c.name, admissiontest.Run(newDefaultIngressClass(&Deps{Cached: c.world}), admissiontest.Request(admission.Create, ingresses, o, nil)), c.want)
		if got := shown(t, o.Spec.IngressClassName); got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestProtection(t *testing.T) {
	meta := func(finalizers ...string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: "o", Finalizers: finalizers}
	}
	volumes := schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
	attributes := schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "volumeattributesclasses"}
	status := schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes/status"}
	for _, c := range []struct {
		name string
		make maker
		gvr  schema.GroupVersionResource
		o    object.Object
		gate bool
		want string
	}{
		{"a volume", simple(newStorageProtection), volumes, &corev1.PersistentVolume{ObjectMeta: meta("a")}, true, "[a kubernetes.io/pv-protection]"},
		{"once", simple(newStorageProtection), volumes, &corev1.PersistentVolume{ObjectMeta: meta("kubernetes.io/pv-protection")}, true, "[kubernetes.io/pv-protection]"},
		{"a claim", simple(newStorageProtection), claims, &corev1.PersistentVolumeClaim{ObjectMeta: meta()}, true, "[kubernetes.io/pvc-protection]"},
		{"attributes", simple(newStorageProtection), attributes, &storagev1.VolumeAttributesClass{ObjectMeta: meta()}, true, "[kubernetes.io/vac-protection]"},
		{"attributes, gate off", simple(newStorageProtection), attributes, &storagev1.VolumeAttributesClass{ObjectMeta: meta()}, false, "[]"},
		{"a status", simple(newStorageProtection), status, &corev1.PersistentVolume{ObjectMeta: meta()}, true, "[]"},
		{"a pod", simple(newStorageProtection), podsResource, &corev1.Pod{ObjectMeta: meta()}, true, "[]"},
		{"a group", simple(newPodGroupProtection), podGroups, &schedulingv1alpha2.PodGroup{ObjectMeta: meta()}, true, "[scheduling.k8s.io/podgroup-protection]"},
		{"a group, gate off", simple(newPodGroupProtection), podGroups, &schedulingv1alpha2.PodGroup{ObjectMeta: meta()}, false, "[]"},
		{"no group", simple(newPodGroupProtection), volumes, &corev1.PersistentVolume{ObjectMeta: meta()}, true, "[]"},
	} {
		p, err := c.make(&Deps{Enabled: func(string) bool { return c.gate }}, admission.Configured{})
		if err != nil {
			t.Fatal(err)
		}
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, c.gvr, c.o, nil)), "")
		if got := fmt.Sprint(c.o.GetFinalizers()); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestPersistentVolumeClaimResize(t *testing.T) {
	w := admissiontest.World{}
	for name, grows := range map[string]*bool{"grows": number(true), "stays": number(false), "silent": nil} {
		w.Add("storageclasses", &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, AllowVolumeExpansion: grows})
	}
	sized := func(size, class, phase string) *corev1.PersistentVolumeClaim {
		c := claim(&class, nil)
		c.Spec.Resources.Requests = map[string]resource.Quantity{"storage": resource.MustParse(size)}
		c.Status.Phase = phase
		return c
	}
	byAnnotation := claim(nil, map[string]string{betaStorageClass: "grows"})
	byAnnotation.Spec.Resources.Requests = map[string]resource.Quantity{"storage": resource.MustParse("2Gi")}
	const cannot = `persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`
	for _, c := range []struct {
		name    string
		is, was *corev1.PersistentVolumeClaim
		want    string
	}{
		{"it grows", sized("2Gi", "grows", ""), sized("1Gi", "grows", "Bound"), ""},
		{"as large in other words", sized("1024Mi", "stays", ""), sized("1Gi", "stays", ""), ""},
		{"it shrinks", sized("1Gi", "stays", ""), sized("2Gi", "stays", ""), ""},
		{"it is not bound", sized("2Gi", "grows", ""), sized("1Gi", "grows", "Pending"), "Only bound persistent volume claims can be expanded"},
		{"the class cannot", sized("2Gi", "stays", ""), sized("1Gi", "stays", "Bound"), cannot},
		{"the class does not say", sized("2Gi", "silent", ""), sized("1Gi", "silent", "Bound"), cannot},
		{"the class is not there", sized("2Gi", "none", ""), sized("1Gi", "none", "Bound"), cannot},
		{"no class", sized("2Gi", "", ""), sized("1Gi", "", "Bound"), cannot},
		{"another class", sized("2Gi", "grows", ""), sized("1Gi", "stays", "Bound"), cannot},
		{"a class by annotation", byAnnotation, sized("1Gi", "grows", "Bound"), ""},
	} {
		p := newClaimResize(&Deps{Cached: w})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, claims, c.is, c.was)), c.want)
		sub := claims
		sub.Resource += "/status"
		admissiontest.Check(t, c.name+" in a status", admissiontest.Run(p, admissiontest.Request(admission.Update, sub, c.is, c.was)), "")
	}
}

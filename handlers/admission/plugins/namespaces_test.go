package plugins

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func namespace(name string, annotations map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Status: corev1.NamespaceStatus{Phase: "Active"}}
}

func podIn(ns string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "x"}}
}

// namespacesOf are some: one that goes, one that cannot be read.
func namespacesOf() admissiontest.World {
	w := admissiontest.World{"namespaces//broken": nil}
	w.Add("namespaces", namespace("ns", nil))
	leaving := namespace("leaving", nil)
	leaving.Status.Phase = "Terminating"
	w.Add("namespaces", leaving)
	return w
}

func TestNamespaceLifecycle(t *testing.T) {
	p := &NamespaceLifecycle{Namespaces: namespacesOf()}
	reviews := namespaces
	reviews.Group, reviews.Resource = "authorization.k8s.io", "localsubjectaccessreviews"
	for _, c := range []struct {
		name string
		a    *admission.Attributes
		want string
	}{
		{"into one that is there", admissiontest.Request(admission.Create, podsResource, podIn("ns"), nil), ""},
		{"into none", admissiontest.Request(admission.Create, podsResource, podIn("none"), nil), `namespaces "none" not found`},
		{"an update in none", admissiontest.Request(admission.Update, podsResource, podIn("none"), podIn("none")), `namespaces "none" not found`},
		{"a deletion in none", admissiontest.Request(admission.Delete, podsResource, nil, podIn("none")), ""},
		{"into one that goes", admissiontest.Request(admission.Create, podsResource, podIn("leaving"), nil), "because it is being terminated"},
		{"an update in one that goes", admissiontest.Request(admission.Update, podsResource, podIn("leaving"), podIn("leaving")), ""},
		{"a review in none", admissiontest.Request(admission.Create, reviews, podIn("none"), nil), ""},
		{"a namespace", admissiontest.Request(admission.Create, namespaces, namespace("new", nil), nil), ""},
		{"the end of the default", admissiontest.Request(admission.Delete, namespaces, nil, namespace("default", nil)), "this namespace may not be deleted"},
		{"the end of another", admissiontest.Request(admission.Delete, namespaces, nil, namespace("ns", nil)), ""},
		{"the store is away", admissiontest.Request(admission.Create, podsResource, podIn("broken"), nil), "the store is away"},
	} {
		err := admissiontest.Run(p, c.a)
		admissiontest.Check(t, c.name, err, c.want)
		if c.name == "into one that goes" {
			if cause := (*apierrors.StatusError)(nil); !errors.As(err, &cause) || len(cause.ErrStatus.Details.Causes) != 1 || cause.ErrStatus.Details.Causes[0].Type != "NamespaceTerminating" {
				t.Errorf("causes of %v", err)
			}
		}
	}
}

func TestNamespaceExists(t *testing.T) {
	live := namespacesOf()
	live.Add("namespaces", namespace("fresh", nil))
	p := &NamespaceExists{admission.On{admission.Create, admission.Update, admission.Delete}, namespacesOf(), live}
	for _, c := range []struct {
		name string
		a    *admission.Attributes
		want string
	}{
		{"one that is there", admissiontest.Request(admission.Create, podsResource, podIn("ns"), nil), ""},
		{"one that the cache has not seen", admissiontest.Request(admission.Create, podsResource, podIn("fresh"), nil), ""},
		{"none", admissiontest.Request(admission.Update, podsResource, podIn("none"), podIn("none")), `namespaces "none" not found`},
		{"a deletion in none", admissiontest.Request(admission.Delete, podsResource, nil, podIn("none")), `namespaces "none" not found`},
		{"a namespace", admissiontest.Request(admission.Create, namespaces, namespace("new", nil), nil), ""},
		{"the store is away", admissiontest.Request(admission.Create, podsResource, podIn("broken"), nil), "Internal error occurred: the store is away"},
	} {
		admissiontest.Check(t, c.name, admissiontest.Run(p, c.a), c.want)
	}
}

// writer notes what is created, and can refuse.
type writer struct {
	resource.Writer
	created []string
	err     error
}

func (w *writer) Create(_ context.Context, to resource.OwnWrite, o object.Object) error {
	w.created = append(w.created, to.Resource.Resource+"/"+o.GetName())
	return w.err
}

func TestNamespaceAutoProvision(t *testing.T) {
	dry := admissiontest.Request(admission.Create, podsResource, podIn("none"), nil)
	dry.DryRun = true
	for _, c := range []struct {
		name    string
		a       *admission.Attributes
		err     error
		created int
		want    string
	}{
		{"one that is there", admissiontest.Request(admission.Create, podsResource, podIn("ns"), nil), nil, 0, ""},
		{"none", admissiontest.Request(admission.Create, podsResource, podIn("none"), nil), nil, 1, ""},
		{"none, and another was faster", admissiontest.Request(admission.Create, podsResource, podIn("none"), nil), apierrors.NewAlreadyExists(namespaces.GroupResource(), "none"), 1, ""},
		{"none, and it cannot be made", admissiontest.Request(admission.Create, podsResource, podIn("none"), nil), errors.New("no room"), 1, `pods "x" is forbidden: no room`},
		{"a dry run", dry, nil, 0, ""},
		{"an update", admissiontest.Request(admission.Update, podsResource, podIn("none"), podIn("none")), nil, 0, ""},
		{"a namespace", admissiontest.Request(admission.Create, namespaces, namespace("new", nil), nil), nil, 0, ""},
		{"the store is away", admissiontest.Request(admission.Create, podsResource, podIn("broken"), nil), nil, 0, "the store is away"},
	} {
		w := &writer{err: c.err}
		p := &NamespaceAutoProvision{admission.On{admission.Create}, namespacesOf(), w}
		admissiontest.Check(t, c.name, admissiontest.Run(p, c.a), c.want)
		if len(w.created) != c.created {
			t.Errorf("%s: created %v", c.name, w.created)
		}
	}
}

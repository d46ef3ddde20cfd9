package write

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// tracker is a field manager that notes its place in the order, and books all writes to their manager.
type tracker struct{ *world }

func (f tracker) Track(_, next object.Object, manager string, now time.Time) {
	_ = f.step("owners")
	fields := &metav1.FieldsV1{}
	fields.SetRawBytes([]byte(`{"f:spec":{}}`))
	next.SetManagedFields([]metav1.ManagedFieldsEntry{{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "apps/v1", FieldsType: "FieldsV1",
		FieldsV1: fields, Time: &metav1.Time{Time: now},
	}})
}

func (f tracker) Apply(a resource.Applied, now time.Time) (object.Object, error) {
	_ = f.step("apply")
	name, _ := a.Configuration["name"].(string)
	o := deployment(name)
	if a.Live != nil {
		o = object.Copy(a.Live.(*appsv1.Deployment))
	}
	o.Spec.Paused = true
	return o, nil
}

func tracked(t *testing.T) *world {
	w := newWorld(t)
	w.res.FieldManager = tracker{w}
	return w
}

func (w *world) stored(name string) *appsv1.Deployment {
	w.t.Helper()
	kv, _, err := w.store.Store.Get(context.Background(), w.res.ObjectKey("ns", name))
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := w.res.Codec.Decode(kv.Value, kv.Revision)
	if err != nil {
		w.t.Fatal(err)
	}
	return o.(*appsv1.Deployment)
}

// Owners are settled before mutating admission; an apply settles them by itself.
func TestOrderOfOwners(t *testing.T) {
	w := tracked(t)
	if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err != nil {
		t.Fatal(err)
	}
	w.expect("owners > " + newOrder)
	if _, err := w.Update(t.Context(), w.request("a"), paused); err != nil {
		t.Fatal(err)
	}
	w.expect("owners > " + changedOrder)
	if _, err := w.Apply(t.Context(), w.request("a"), &Configuration{}); err != nil {
		t.Fatal(err)
	}
	w.expect("apply > " + strings.TrimSuffix(changedOrder, " > swap > keep") + " > keep") // nothing is left to change
	if r, err := w.Apply(t.Context(), w.request("b"), &Configuration{Content: map[string]any{"name": "b"}}); err != nil || !r.Created {
		t.Fatal(r, err)
	}
	w.expect("apply > " + newOrder)
}

func TestManager(t *testing.T) {
	long := strings.Repeat("é", 100)
	for _, c := range []struct{ given, agent, want string }{
		{"me", "kubectl/1.36 (linux)", "me"},
		{"", "kubectl/1.36 (linux)", "kubectl"},
		{"", "", ""},
		{"", "a\x00b\nc/1", "abc"},
		{"", long, strings.Repeat("é", 64)},
	} {
		op := &operation{Request: &Request{FieldManager: c.given, UserAgent: c.agent}}
		if got := op.manager(); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.given, c.agent, got, c.want)
		}
	}
	own := &operation{Request: &Request{own: true}}
	if got := own.manager(); got != "kube-apiserver" {
		t.Errorf("an own write is by %q", got)
	}
}

// A write that changes only when its owners last wrote is no write.
func TestOnlyTimesDiffer(t *testing.T) {
	w := tracked(t)
	now := noon
	w.Now = func() time.Time { return now }
	if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err != nil {
		t.Fatal(err)
	}
	before := w.stored("a")
	now = now.Add(time.Hour)
	same := func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		return object.Copy(live), nil
	}
	if _, err := w.Update(t.Context(), w.request("a"), same); err != nil {
		t.Fatal(err)
	}
	if after := w.stored("a"); after.ResourceVersion != before.ResourceVersion || !after.ManagedFields[0].Time.Equal(before.ManagedFields[0].Time) {
		t.Errorf("written: %v", after.ManagedFields)
	}
	if _, err := w.Update(t.Context(), w.request("a"), paused); err != nil {
		t.Fatal(err)
	}
	if after := w.stored("a"); after.ResourceVersion == before.ResourceVersion || !after.ManagedFields[0].Time.Time.Equal(now) {
		t.Errorf("not written: %v", after.ManagedFields)
	}
}

// What is too large for the store is stored without its owners, if that is enough.
func TestTooLargeForOwners(t *testing.T) {
	w := tracked(t)
	w.store.fail = storage.ErrTooLarge
	if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err != nil {
		t.Fatal(err)
	}
	if o := w.stored("a"); o.ManagedFields != nil {
		t.Errorf("created with %v", o.ManagedFields)
	}
	w.put(deployment("b"))
	w.store.fail = storage.ErrTooLarge
	if _, err := w.Update(t.Context(), w.request("b"), paused); err != nil {
		t.Fatal(err)
	}
	if o := w.stored("b"); o.ManagedFields != nil || !o.Spec.Paused {
		t.Errorf("updated to %v", o)
	}
	w.store.fail = storage.ErrTooLarge
	if _, err := w.Apply(t.Context(), w.request("c"), &Configuration{Content: map[string]any{"name": "c"}}); err == nil {
		t.Error("an apply without owners would be none")
	}
}

// Own writes are the server's, or leave owners alone.
func TestOwnersOfOwnWrites(t *testing.T) {
	w := tracked(t)
	what := resource.OwnWrite{Resource: w.res.GVR(), Namespace: "ns", Name: "a", Manager: "controller"}
	if err := w.Own().Create(t.Context(), what, deployment("a")); err != nil {
		t.Fatal(err)
	}
	what.Manager, what.Untracked = "", true
	if _, err := w.Own().Update(t.Context(), what, func(o object.Object) error { o.SetLabels(map[string]string{"a": "b"}); return nil }); err != nil {
		t.Fatal(err)
	}
	if o := w.stored("a"); len(o.ManagedFields) != 1 || o.ManagedFields[0].Manager != "controller" || o.Labels["a"] != "b" {
		t.Errorf("owners: %v", o.ManagedFields)
	}
}

// Admission that spoils the owners does not get through with that.
func TestOwnersThatAdmissionSpoils(t *testing.T) {
	w := tracked(t)
	w.Admission = admission.NewChain(nil, admission.Named{Name: "spoiler", Plugin: spoiler{}})
	if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err != nil {
		t.Fatal(err)
	}
	if o := w.stored("a"); len(o.ManagedFields) != 1 || o.ManagedFields[0].Operation != metav1.ManagedFieldsOperationUpdate {
		t.Errorf("owners: %v", o.ManagedFields)
	}
	if !slices.ContainsFunc(w.warnings, func(s string) bool { return strings.HasPrefix(s, ".metadata.managedFields was in an invalid state") }) {
		t.Errorf("warnings: %q", w.warnings)
	}
}

// spoiler is admission that makes the owners unreadable.
type spoiler struct{}

func (spoiler) Admit(_ context.Context, a *admission.Attributes) error {
	a.Object.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "x", Operation: "Nonsense"}})
	return nil
}

func (spoiler) Validate(context.Context, *admission.Attributes) error { return nil }

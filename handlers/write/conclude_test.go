package write

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// What the server concludes of an object is stored with it, and whoever waits for the write is told of it before the writer is: of
// what was stored, was removed, and of nothing else.
func TestConclusions(t *testing.T) {
	w := newWorld(t)
	told := ""
	w.res.Strategy.Conclude = func(_ context.Context, _ *resource.Attempt, o, old object.Object) error {
		d := o.(*appsv1.Deployment)
		if old == nil {
			d.Status.Replicas = 7
		}
		return nil
	}
	w.res.Strategy.Stored = func(ctx context.Context, o object.Object) { told += o.GetName() + " " }
	result, err := w.Create(t.Context(), w.request(""), deployment("a"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := w.res.Codec.Decode(result.Stored.Value, result.Stored.Revision)
	if err != nil || o.(*appsv1.Deployment).Status.Replicas != 7 || told != "a " {
		t.Errorf("%v %v, told %q", o, err, told)
	}
	dry := w.request("a")
	dry.DryRun = true
	if _, err := w.Update(t.Context(), dry, paused); err != nil || told != "a " {
		t.Errorf("a dry run: %v, told %q", err, told)
	}
	w.refuse["judge"] = 1
	if _, err := w.Update(t.Context(), w.request("a"), paused); err == nil || told != "a " {
		t.Errorf("refused: %v, told %q", err, told)
	}
	if _, err := w.Delete(t.Context(), w.request("a"), &metav1.DeleteOptions{}); err != nil || strings.Count(told, "a ") != 2 {
		t.Errorf("deleted: %v, told %q", err, told)
	}
}

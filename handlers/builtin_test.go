package handlers

import (
	"bytes"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// TestGatedRows: a resource behind a feature gate is served with its subresources while the gate is on, and not at all while
// it is off, also when everything is to be served.
func TestGatedRows(t *testing.T) {
	everything := func(resources.Row) bool { return true }
	on, err := features.Parse([]string{"GenericWorkload=true"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		features *features.Features
		want     int
	}{{nil, 0}, {on, 2}} {
		groups := map[string]bool{}
		found := 0
		for _, row := range rows(&Options{Served: everything, Features: c.features}) {
			groups[row.Group+"/"+row.Version] = true
			if row.Group == "scheduling.k8s.io" && row.Resource == "podgroups" {
				found++
			}
		}
		if found != c.want || groups["storagemigration.k8s.io/v1beta1"] || !groups["scheduling.k8s.io/v1"] {
			t.Errorf("%d rows of pod groups, want %d: %v", found, c.want, groups)
		}
	}
	if all := rows(&Options{Served: everything}); len(all) >= len(resources.Rows) {
		t.Errorf("all %d rows are served", len(all))
	}
}

// TestOtherStoredVersions: what an older server has stored in another version of a kind can be read, in each version and as a
// table.
func TestOtherStoredVersions(t *testing.T) {
	strategy := func(resources.Row) *resource.Strategy { return &resource.Strategy{} }
	all, err := builtins(strategy, nil, resources.Rows)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, of := range all {
		if of.Storage == "" || of.StoredAsJSON {
			continue
		}
		o := of.New().(object.Object)
		o.SetName("a")
		stored, err := codec.MarshalProtobuf(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range all {
			if by.Group != of.Group || by.Resource != of.Resource {
				continue
			}
			if o, err := by.Codec.Decode(stored, 1); err != nil || o.GetName() != "a" {
				t.Errorf("%v stored as %v: %v", by.GVR(), of.Version, err)
			}
			if _, err := by.Shown(stored, 1); err != nil {
				t.Errorf("%v stored as %v, as a table: %v", by.GVR(), of.Version, err)
			}
			if by != of {
				read++
			}
		}
	}
	if read == 0 {
		t.Error("no kind has two versions")
	}
}

// TestDefaultsWhenRead: what was stored by a server that did not know a default yet is shown with it.
func TestDefaultsWhenRead(t *testing.T) {
	all, err := builtins(kinds.Strategies(kind.Deps{}), nil, resources.Rows)
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for _, r := range all {
		if r.Storage == "" || r.StoredAsJSON {
			continue
		}
		o := r.New().(object.Object)
		o.SetName("a")
		plain, err := r.Codec.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Default != nil {
			r.Default(o)
		}
		full, err := r.Codec.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(plain, full) {
			differ++
		}
		for name, show := range map[string]func(dst, stored []byte, revision int64, item bool) ([]byte, error){
			"JSON": r.Codec.AppendJSON, "protobuf": r.Codec.AppendProtobuf,
		} {
			got, err := show(nil, plain, 1, false)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := show(nil, full, 1, false); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v in %s: %q, want %q, %v", r.GVR(), name, got, want, err)
			}
		}
	}
	if differ < 20 {
		t.Errorf("only %d kinds have defaults", differ)
	}
}

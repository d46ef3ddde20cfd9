package validation

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestRefuse(t *testing.T) {
	many := func(n, size int) (errs field.ErrorList) {
		for i := range n {
			errs = append(errs, field.Invalid(field.NewPath("spec").Index(i), strings.Repeat("x", size), "bad"))
		}
		return errs
	}
	for name, c := range map[string]struct {
		errs   field.ErrorList
		causes int
		end    string
	}{
		"one":                        {many(1, 1), 1, `Invalid value: "x": bad`},
		"all that are told":          {many(1000, 1), 1000, `bad]`},
		"one more":                   {many(1001, 1), 1000, `bad] and more`},
		"a hundred thousand":         {many(100000, 1), 1000, `bad] and more`},
		"one that is very long":      {many(1, 1<<20), 1, `bad`},
		"several that are very long": {many(50, 1<<20), 1, `bad and more`},
		"many that are long":         {many(1000, 1000), 255, `bad] and more`},
	} {
		t.Run(name, func(t *testing.T) {
			var err *apierrors.StatusError
			if !errors.As(Refuse(schema.GroupKind{Kind: "Pod"}, "p", c.errs), &err) {
				t.Fatal("not a status")
			}
			s := err.Status()
			if s.Code != 422 || len(s.Details.Causes) != c.causes || !strings.HasSuffix(s.Message, c.end) {
				t.Errorf("%d with %d causes, want %d; ends with %q", s.Code, len(s.Details.Causes), c.causes, s.Message[max(0, len(s.Message)-40):])
			}
		})
	}
}

package validation

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestSelector(t *testing.T) {
	path := field.NewPath("spec", "selector")
	for _, c := range []struct {
		given metav1.LabelSelector
		want  string
	}{
		{metav1.LabelSelector{}, ""},
		{metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}, ""},
		{metav1.LabelSelector{MatchLabels: map[string]string{"a": "b c"}}, "spec.selector.matchLabels"},
		{metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOpExists}}}, ""},
		{metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}, "spec.selector.matchExpressions[0].operator"},
	} {
		got := ""
		if errs := selector(&c.given, path); len(errs) > 0 {
			got = errs[0].Field
		}
		if got != c.want {
			t.Errorf("%v: a fault in %q, want %q", c.given, got, c.want)
		}
	}
}

package core

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Rules about the elements of one list, or of two: which of them are told.
func TestElementsOfLists(t *testing.T) {
	for name, c := range map[string]struct {
		errs field.ErrorList
		want []string
	}{
		"addresses of nodes twice": {
			errs: validateNodeUpdate(&corev1.Node{Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: "a", Address: "b"}, {Type: "a"}, {Type: "a", Address: "b"}}}}, &corev1.Node{}), want: []string{"status.addresses[2]"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range c.errs {
				got = append(got, e.Field)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

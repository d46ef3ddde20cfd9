package instance

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

func TestServedRows(t *testing.T) {
	for _, c := range []struct {
		config map[string]string
		on     []string
		off    []string
	}{
		{nil, []string{"v1", "apps/v1", "autoscaling/v2"}, []string{"resource.k8s.io/v1beta1", "internal.apiserver.k8s.io/v1alpha1"}},
		{map[string]string{"api/all": "true"}, []string{"v1", "resource.k8s.io/v1beta1", "internal.apiserver.k8s.io/v1alpha1"}, nil},
		{map[string]string{"api/beta": ""}, []string{"apps/v1", "resource.k8s.io/v1beta1"}, []string{"internal.apiserver.k8s.io/v1alpha1"}},
		{map[string]string{"api/all": "false", "v1": "true"}, []string{"v1"}, []string{"apps/v1"}},
		{map[string]string{"api/beta": "true", "resource.k8s.io/v1beta1": "false"}, []string{"resource.k8s.io/v1beta2"}, []string{"resource.k8s.io/v1beta1"}},
		{map[string]string{"apps/v1": "false"}, []string{"v1"}, []string{"apps/v1"}},
	} {
		served, err := servedRows(c.config)
		if err != nil {
			t.Errorf("%v: %v", c.config, err)
			continue
		}
		got := map[string]bool{}
		for _, row := range resources.Rows {
			if served(row) {
				got[groupVersion(row)] = true
			}
		}
		for _, gv := range c.on {
			if !got[gv] {
				t.Errorf("%v: %s is off", c.config, gv)
			}
		}
		for _, gv := range c.off {
			if got[gv] {
				t.Errorf("%v: %s is on", c.config, gv)
			}
		}
	}
	for key, value := range map[string]string{"apps/v7": "true", "api/all": "maybe"} {
		if _, err := servedRows(map[string]string{key: value}); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
}

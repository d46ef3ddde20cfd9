package metrics

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"
)

func TestAdmission(t *testing.T) {
	m := New(version.Info{})
	meter := m.Admission()
	plugin, step := meter.Plugin("Priority", "admit", "CREATE"), meter.Step("validate", "DELETE")
	meter.Plugin("LimitRanger", "admit", "CREATE") // nothing happens
	plugin(time.Millisecond, false)
	plugin(time.Second, true)
	plugin(time.Millisecond, true)
	step(time.Millisecond, false)
	s := scrape(t, m)
	for name, want := range map[string]string{
		`apiserver_admission_controller_admission_duration_seconds_count{name="Priority",operation="CREATE",rejected="false",type="admit"}`:    "1",
		`apiserver_admission_controller_admission_duration_seconds_count{name="Priority",operation="CREATE",rejected="true",type="admit"}`:     "2",
		`apiserver_admission_step_admission_duration_seconds_count{operation="DELETE",rejected="false",type="validate"}`:                       "1",
		`apiserver_admission_step_admission_duration_seconds_summary_count{operation="DELETE",rejected="false",type="validate"}`:               "1",
		`apiserver_admission_controller_admission_duration_seconds_count{name="LimitRanger",operation="CREATE",rejected="false",type="admit"}`: "",
	} {
		if got := s.values[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

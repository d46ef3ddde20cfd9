package display

import (
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func TestValue(t *testing.T) {
	yes, profile := true, "x"
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"text":             {"a", `"a"`},
		"pointer to text":  {&profile, `"x"`},
		"nil":              {(*corev1.SeccompProfile)(nil), `null`},
		"struct":           {corev1.SeccompProfile{Type: "Localhost", LocalhostProfile: &profile}, `{"Type":"Localhost","LocalhostProfile":"x"}`},
		"pointer":          {&corev1.SeccompProfile{Type: "Unconfined"}, `{"Type":"Unconfined","LocalhostProfile":null}`},
		"slice":            {[]corev1.SeccompProfile{{Type: "Unconfined"}}, `[{"Type":"Unconfined","LocalhostProfile":null}]`},
		"own JSON form":    {&metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}, `{"matchLabels":{"a":"b"}}`},
		"inlined metadata": {corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, `{"name":"a","Spec":{"Volumes":null,`},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(Value(c.value))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(b), c.want) {
				t.Errorf("%s, want %s", b, c.want)
			}
		})
	}
	// The host namespaces are part of the internal security context, before the fields that the API has there.
	b, err := json.Marshal(Value(corev1.PodSpec{HostPID: true, HostUsers: &yes, SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes}}))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"SecurityContext":{"HostNetwork":false,"HostPID":true,"HostIPC":false,"ShareProcessNamespace":null,"HostUsers":true,"SELinuxOptions":null,`; !strings.Contains(string(b), want) {
		t.Errorf("%s lacks %s", b, want)
	}
}

package aggregator

import (
	"encoding/json"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// A list of resources says the same as the aggregated form, in whatever order it has subresources.
func TestConverted(t *testing.T) {
	got, err := json.Marshal(converted("v1", "far.dev", []metav1.APIResource{
		{Name: "a/scale", Namespaced: true, Group: "autoscaling", Version: "v1", Kind: "Scale", Verbs: metav1.Verbs{"get"}},
		{Name: "a", SingularName: "x", Namespaced: true, Kind: "A", Verbs: metav1.Verbs{"get", "list"}, ShortNames: []string{"s"}, Categories: []string{"all"}},
		{Name: "b", Kind: "B", Verbs: metav1.Verbs{"list"}},
	}))
	const want = `{"version":"v1","resources":[{"resource":"a","responseKind":{"group":"far.dev","version":"v1","kind":"A"},"scope":"Namespaced","singularResource":"x","verbs":["get","list"],"shortNames":["s"],"categories":["all"],` +
		`"subresources":[{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get"]}]},` +
		`{"resource":"b","responseKind":{"group":"far.dev","version":"v1","kind":"B"},"scope":"Cluster","singularResource":"","verbs":["list"]}]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want\n%s", got, err, want)
	}
}

// What a client says of itself does not pass, and what is said of it can be read again.
func TestIdentify(t *testing.T) {
	h := http.Header{"Authorization": {"Bearer x"}, "X-Remote-Group": {"system:masters"}, "X-Remote-Extra-A": {"b"}, "Impersonate-User": {"root"}, "Accept": {"a"}}
	identify(h, &resource.UserInfo{Name: "ann", Groups: []string{"g"}, Extra: map[string][]string{"a/b%c d": {"1"}}})
	for name, want := range map[string]string{"Authorization": "", "X-Remote-User": "ann", "X-Remote-Group": "g", "X-Remote-Uid": "", "X-Remote-Extra-A": "", "X-Remote-Extra-A%2fb%25c%20d": "1", "Impersonate-User": "", "Accept": "a"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(h) != 4 {
		t.Errorf("there are %v", h)
	}
}

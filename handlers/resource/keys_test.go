package resource

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// What lies in etcd is upstream's, so its places are too.
func TestPlacesOfTheOriginal(t *testing.T) {
	for _, c := range []struct{ group, resource, key string }{
		{"", "pods", "/pods/ns/x"}, {"", "nodes", "/minions/x"}, {"", "services", "/services/specs/ns/x"},
		{"", "endpoints", "/services/endpoints/ns/x"}, {"", "replicationcontrollers", "/controllers/ns/x"},
		{"networking.k8s.io", "ingresses", "/ingress/ns/x"}, {"coordination.k8s.io", "leases", "/leases/ns/x"},
		{"events.k8s.io", "events", "/events/ns/x"}, {"rbac.authorization.k8s.io", "clusterroles", "/clusterroles/x"},
		{"apiextensions.k8s.io", "customresourcedefinitions", "/apiextensions.k8s.io/customresourcedefinitions/x"},
		{"apiregistration.k8s.io", "apiservices", "/apiregistration.k8s.io/apiservices/x"},
		{"example.org", "widgets", "/example.org/widgets/ns/x"},
	} {
		if got := KeysOf(c.group, c.resource).Key("ns", "x"); got != c.key {
			t.Errorf("%s %s lies at %s, want %s", c.group, c.resource, got, c.key)
		}
	}
	if NodePorts != "/ranges/servicenodeports" {
		t.Error(NodePorts)
	}
}

// Every stored resource is found again by its keys.
func TestKeysTellTheirResource(t *testing.T) {
	for i := range resources.Rows {
		row := &resources.Rows[i]
		if row.Subresource != "" || row.Storage == "" {
			continue
		}
		keys := Keys(row)
		if _, prefix, known := OfKey(keys.Key("ns", "x")); !known || prefix != keys.Prefix() {
			t.Errorf("%s is taken for one of %q", keys.Key("ns", "x"), prefix)
		}
		if KeysOf(row.Group, row.Resource) != keys {
			t.Errorf("%s %s lies at %q and %q", row.Group, row.Resource, keys.Prefix(), KeysOf(row.Group, row.Resource).Prefix())
		}
	}
	for _, key := range []string{NodePorts, "", "/", "/health", "/unknown/x"} {
		if of, _, known := OfKey(key); known {
			t.Errorf("%q is taken for %v", key, of)
		}
	}
}

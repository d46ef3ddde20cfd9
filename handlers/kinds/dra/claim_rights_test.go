package dra

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// rights allows what it lists, and notes what it was asked.
type rights struct {
	has   []string
	asked *[]string
}

func (r rights) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	what := fmt.Sprintf("%s %s %s/%s", a.Verb, a.Subresource, a.Namespace, a.Name)
	*r.asked = append(*r.asked, what)
	if slices.Contains(r.has, what) {
		return authz.Allow, "", errors.New("something else failed")
	}
	return authz.NoOpinion, "no role", nil
}

func allocated(node string) *resourcev1.AllocationResult {
	a := &resourcev1.AllocationResult{Devices: resourcev1.DeviceAllocationResult{Results: []resourcev1.DeviceRequestAllocationResult{{Request: "r", Driver: "d", Pool: "p", Device: "v"}}}}
	if node != "" {
		a.NodeSelector = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{
			{Key: "metadata.name", Operator: "In", Values: []string{node}}}}}}
	}
	return a
}

func TestRightsOfAStatus(t *testing.T) {
	on := func(node string, devices ...resourcev1.AllocatedDeviceStatus) *resourcev1.ResourceClaim {
		c := &resourcev1.ResourceClaim{}
		c.Name, c.Status.Allocation, c.Status.Devices = "c", allocated(node), devices
		return c
	}
	device := func(driver, name string) resourcev1.AllocatedDeviceStatus {
		return resourcev1.AllocatedDeviceStatus{Driver: driver, Pool: "p", Device: name}
	}
	driver := &resource.UserInfo{Name: "system:serviceaccount:ns:driver", Extra: map[string][]string{nodeOfToken: {"n"}}}
	for _, c := range []struct {
		name   string
		o, old object.Object
		user   *resource.UserInfo
		has    []string
		want   string // what the refusal says; empty for none
		asked  string
	}{
		{"nothing changes", on("n", device("d", "v")), on("n", device("d", "v")), driver, nil, "", ""},
		{"the server itself", on("n"), &resourcev1.ResourceClaim{}, nil, nil, "", ""},
		{"an allocation", on("n"), &resourcev1.ResourceClaim{}, driver, nil,
			`status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="patch" permission: `, "patch binding /"},
		{"an allocation by who may bind", on("n"), &resourcev1.ResourceClaim{}, driver, []string{"patch binding /"}, "", "patch binding /"},
		{"devices of its node", on("n", device("d", "v")), on("n"), driver, []string{"associated-node:patch driver ns/d"}, "", "associated-node:patch driver ns/d"},
		{"devices of its node by who may everywhere", on("n", device("d", "v")), on("n"), driver, []string{"arbitrary-node:patch driver ns/d"}, "",
			"associated-node:patch driver ns/d, arbitrary-node:patch driver ns/d"},
		{"devices of another node", on("m", device("d", "v")), on("m"), driver, []string{"associated-node:patch driver ns/d"},
			`status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:patch]" permission: `, "arbitrary-node:patch driver ns/d"},
		{"devices of no node", on("", device("d", "v")), on(""), driver, nil, `verb="[arbitrary-node:patch]"`, "arbitrary-node:patch driver ns/d"},
		{"a user who says that he is on the node", on("n", device("d", "v")), on("n"), &resource.UserInfo{Name: "ann", Extra: driver.Extra}, nil,
			`verb="[arbitrary-node:patch]"`, "arbitrary-node:patch driver ns/d"},
		{"a device of another driver goes", on("n", device("d", "v")), on("n", device("d", "v"), device("e", "w")), driver, []string{"associated-node:patch driver ns/d"},
			`status.devices: Forbidden`, "associated-node:patch driver ns/e, arbitrary-node:patch driver ns/e"},
		{"an older version", &resourcev1beta1.ResourceClaim{Status: resourcev1beta1.ResourceClaimStatus{ReservedFor: []resourcev1beta1.ResourceClaimConsumerReference{{Name: "p"}}}},
			&resourcev1beta1.ResourceClaim{}, driver, nil, "status.allocation: Forbidden", "patch binding /"},
	} {
		var asked []string
		d := &kind.Deps{Authorizer: rights{c.has, &asked}}
		s := &resource.Strategy{}
		claimStatus(d, resources.Row{Version: "v1", Kind: "ResourceClaim"}, s)
		err := s.PrepareStatus(t.Context(), &resource.Attempt{Namespace: "ns", Name: "c", Verb: "patch", User: c.user}, c.o, c.old)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := strings.Join(asked, ", "); got != c.asked {
			t.Errorf("%s: asked %q, want %q", c.name, got, c.asked)
		}
	}
}

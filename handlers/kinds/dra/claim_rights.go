package dra

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Parts of a claim's status need more than the right to update the status (KEP-4817, gate
// DRAResourceClaimGranularStatusAuthorization): allocation and reservations need resourceclaims/binding in all namespaces, the
// devices of a driver need resourceclaims/driver for its name. For a driver on the claim's node the verb has the first prefix, for
// others the second.
const (
	granularGate   = "DRAResourceClaimGranularStatusAuthorization"
	associatedNode = "associated-node:"
	arbitraryNode  = "arbitrary-node:"
	// nodeOfToken is the user extra with the node of the pod that a service account token is bound to.
	nodeOfToken = "authentication.kubernetes.io/node-name"
)

// claimStatus authorizes changes of the status of claims.
func claimStatus(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e, v := expressions{d.Features}, kind.Version[resourceClaim](row, "v1", moved)
	s.ValidateUpdate = func(ctx context.Context, o, old object.Object) field.ErrorList {
		return v.CheckUpdate(func(o, old resourceClaim) field.ErrorList {
			return append(resultsAccess(ctx, d, o, old), e.status(o, old)...)
		})(ctx, o, old)
	}
	s.PrepareStatus = func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		if a.User == nil || !d.Features.Enabled(granularGate) {
			return nil
		}
		now, was, err := statusesOf(o, old)
		if err != nil {
			return err
		}
		r := claimRights{ctx: ctx, authorizer: d.Authorizer, attempt: a, version: row.Version}
		errs := r.binding(now, was)
		if now.Allocation != nil {
			errs = append(errs, r.devices(now, was)...)
		}
		if len(errs) == 0 {
			return nil
		}
		return validation.Refuse(object.GroupKind(group, row.Kind), o.GetName(), errs)
	}
}

// statusesOf are the statuses of two claims of one version.
func statusesOf(o, old object.Object) (now, was *resourcev1.ResourceClaimStatus, err error) {
	if now, err = statusOf(o); err != nil {
		return nil, nil, err
	}
	was, err = statusOf(old)
	return now, was, err
}

// statusOf is the status of a claim of any version, which differ in their Go types only.
func statusOf(o object.Object) (*resourcev1.ResourceClaimStatus, error) {
	var other any
	switch c := o.(type) {
	case *resourcev1.ResourceClaim:
		return &c.Status, nil
	case *resourcev1beta1.ResourceClaim:
		other = &c.Status
	case *resourcev1beta2.ResourceClaim:
		other = &c.Status
	default:
		return nil, fmt.Errorf("unexpected object type %T", o)
	}
	text, err := json.Marshal(other)
	if err != nil {
		return nil, fmt.Errorf("status of a claim: %w", err)
	}
	status := &resourcev1.ResourceClaimStatus{}
	return status, json.Unmarshal(text, status)
}

// claimRights authorizes one attempt.
type claimRights struct {
	ctx        context.Context
	authorizer authz.Authorizer
	attempt    *resource.Attempt
	version    string
}

// binding authorizes changes of allocation and reservations.
func (r *claimRights) binding(now, was *resourcev1.ResourceClaimStatus) field.ErrorList {
	if equality.Semantic.DeepEqual(now.Allocation, was.Allocation) && equality.Semantic.DeepEqual(now.ReservedFor, was.ReservedFor) {
		return nil
	}
	if err := r.ask(r.attempt.Verb, "binding", "", ""); err != nil {
		return field.ErrorList{field.Forbidden(field.NewPath("status", "allocation"), fmt.Sprintf(
			"changing status.allocation or status.reservedFor requires resource=\"resourceclaims/binding\", verb=\"%s\" permission: %v", r.attempt.Verb, err))}
	}
	return nil
}

// devices authorizes changes of the entries of each driver.
func (r *claimRights) devices(now, was *resourcev1.ResourceClaimStatus) (errs field.ErrorList) {
	verbs := []string{arbitraryNode + r.attempt.Verb}
	if node := nodeOf(now.Allocation); node != "" && node == nodeOfUser(r.attempt.User) {
		verbs = []string{associatedNode + r.attempt.Verb, verbs[0]}
	}
	for _, driver := range slices.Sorted(maps.Keys(changedDrivers(now.Devices, was.Devices))) {
		var first error
		for i, verb := range verbs {
			err := r.ask(verb, "driver", r.attempt.Namespace, driver)
			if err == nil {
				first = nil
				break
			}
			if i == 0 {
				first = err
			}
		}
		if first != nil {
			errs = append(errs, field.Forbidden(field.NewPath("status", "devices"), fmt.Sprintf(
				"changing status.devices requires resource=\"resourceclaims/driver\", verb=\"%s\" permission: %v", verbs, first)))
		}
	}
	return errs
}

// ask is nil if the user is authorized.
func (r *claimRights) ask(verb, subresource, namespace, name string) error {
	what := authz.Attributes{
		User: r.attempt.User, IsResource: true, Verb: verb, Group: group, Version: r.version, Resource: "resourceclaims",
		Subresource: subresource, Namespace: namespace, Name: name,
	}
	if r.authorizer == nil {
		return authz.Forbidden(what, "")
	}
	decision, reason, err := r.authorizer.Authorize(r.ctx, what)
	switch {
	case decision == authz.Allow:
		return nil
	case err != nil && reason != "":
		reason = fmt.Sprintf("%v: %s", err, reason)
	case err != nil:
		reason = err.Error()
	}
	return authz.Forbidden(what, reason)
}

// deviceKey identifies an entry of status.devices.
type deviceKey struct{ driver, pool, device, share string }

func keyOf(d *resourcev1.AllocatedDeviceStatus) deviceKey {
	k := deviceKey{driver: d.Driver, pool: d.Pool, device: d.Device}
	if d.ShareID != nil {
		k.share = *d.ShareID
	}
	return k
}

// changedDrivers are the drivers of entries that differ between two lists.
func changedDrivers(now, was []resourcev1.AllocatedDeviceStatus) map[string]bool {
	out, old := map[string]bool{}, make(map[deviceKey]*resourcev1.AllocatedDeviceStatus, len(was))
	for i := range was {
		old[keyOf(&was[i])] = &was[i]
	}
	for i := range now {
		k := keyOf(&now[i])
		if before := old[k]; before == nil || !equality.Semantic.DeepEqual(*before, now[i]) {
			out[k.driver] = true
		}
		delete(old, k)
	}
	for k := range old {
		out[k.driver] = true
	}
	return out
}

// nodeOf is the node of an allocation whose selector names exactly one; else empty.
func nodeOf(a *resourcev1.AllocationResult) string {
	if a == nil || a.NodeSelector == nil || len(a.NodeSelector.NodeSelectorTerms) != 1 {
		return ""
	}
	term := a.NodeSelector.NodeSelectorTerms[0]
	if len(term.MatchExpressions) != 0 || len(term.MatchFields) != 1 {
		return ""
	}
	f := term.MatchFields[0]
	if f.Key != "metadata.name" || f.Operator != "In" || len(f.Values) != 1 {
		return ""
	}
	return f.Values[0]
}

// nodeOfUser is the node in a service account token; empty for other users.
func nodeOfUser(u *resource.UserInfo) string {
	if nodes := u.Extra[nodeOfToken]; strings.HasPrefix(u.Name, "system:serviceaccount:") && len(nodes) == 1 {
		return nodes[0]
	}
	return ""
}

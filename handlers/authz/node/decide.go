package node

import (
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/selection"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

type groupResource struct{ group, resource string }

// decision says whether a node may do what is asked, and if not, why, in upstream's words.
type decision func(g *graph, node string, q *authz.Attributes) (allowed bool, reason string)

// table has the resources that are authorized per node. All others are up to the rules for all nodes.
var table = map[groupResource]decision{
	{"", "secrets"}:                                   read(secrets),
	{"", "configmaps"}:                                read(configMaps),
	{"", "persistentvolumeclaims"}:                    claims,
	{"", "persistentvolumes"}:                         get(volumes),
	{"resource.k8s.io", "resourceclaims"}:             get(resourceClaims),
	{"storage.k8s.io", "volumeattachments"}:           get(attachments),
	{"", "serviceaccounts"}:                           accounts,
	{"coordination.k8s.io", "leases"}:                 lease,
	{"storage.k8s.io", "csinodes"}:                    csiNode,
	{"resource.k8s.io", "resourceslices"}:             resourceSlice,
	{"", "nodes"}:                                     nodeObject,
	{"", "pods"}:                                      pod,
	{"certificates.k8s.io", "podcertificaterequests"}: certificateRequest,
}

func quote(s string) string { return strconv.Quote(s) }

// related asks the graph about the object that is named.
func related(g *graph, node string, k kind, q *authz.Attributes) (bool, string) {
	if q.Name == "" {
		return false, "No Object name found"
	}
	if !g.reaches(node, ref{k, q.Namespace, q.Name}) {
		return false, fmt.Sprintf("no relationship found between node '%s' and this object", node)
	}
	return true, ""
}

// read lets a node get, list and watch single objects.
func read(k kind) decision {
	return func(g *graph, node string, q *authz.Attributes) (bool, string) {
		switch {
		case q.Verb != "get" && q.Verb != "list" && q.Verb != "watch":
			return false, "can only read resources of this type"
		case q.Subresource != "":
			return false, "cannot read subresource"
		case q.Namespace == "":
			return false, "can only read namespaced object of this type"
		}
		return related(g, node, k, q)
	}
}

// get lets a node get single objects.
func get(k kind) decision {
	return func(g *graph, node string, q *authz.Attributes) (bool, string) {
		switch {
		case q.Verb != "get":
			return false, "can only get individual resources of this type"
		case q.Subresource != "":
			return false, "cannot get subresource"
		}
		return related(g, node, k, q)
	}
}

func claims(g *graph, node string, q *authz.Attributes) (bool, string) {
	if q.Subresource != "status" {
		return get(volumeClaims)(g, node, q)
	}
	if q.Verb != "update" && q.Verb != "patch" {
		return false, "can only get/update/patch this type"
	}
	return related(g, node, volumeClaims, q)
}

// accounts: a node makes tokens for the service accounts of its pods.
func accounts(g *graph, node string, q *authz.Attributes) (bool, string) {
	switch {
	case q.Verb == "get" && q.Subresource == "":
		return read(serviceAccounts)(g, node, q)
	case q.Verb != "create" || q.Name == "":
		return false, "can only create tokens for individual service accounts"
	case q.Subresource != "token":
		return false, "can only create token subresource of serviceaccount"
	}
	return related(g, node, serviceAccounts, q)
}

// ownVerbs are those on an object that bears the name of its node.
var ownVerbs = []string{"get", "create", "update", "patch", "delete"}

const leaseNamespace = "kube-node-lease"

// lease: the name of one that is created is in its body.
func lease(_ *graph, node string, q *authz.Attributes) (bool, string) {
	switch {
	case !slices.Contains(ownVerbs, q.Verb):
		return false, "can only get, create, update, patch, or delete a node lease"
	case q.Namespace != leaseNamespace:
		return false, fmt.Sprintf("can only access leases in the %q system namespace", leaseNamespace)
	case q.Verb != "create" && q.Name != node:
		return false, "can only access node lease with the same name as the requesting node"
	}
	return true, ""
}

func csiNode(_ *graph, node string, q *authz.Attributes) (bool, string) {
	switch {
	case !slices.Contains(ownVerbs, q.Verb):
		return false, "can only get, create, update, patch, or delete a CSINode"
	case q.Subresource != "":
		return false, "cannot authorize CSINode subresources"
	case q.Verb != "create" && q.Name != node:
		return false, "can only access CSINode with the same name as the requesting node"
	}
	return true, ""
}

// selects says whether a collection is limited to the objects of the node.
func selects(q *authz.Attributes, node string) bool {
	for _, r := range q.Fields {
		if r.Field == "spec.nodeName" && r.Operator == selection.Equals && r.Value == node {
			return true
		}
	}
	return false
}

func resourceSlice(g *graph, node string, q *authz.Attributes) (bool, string) {
	if q.Subresource != "" {
		return false, "cannot authorize ResourceSlice subresources"
	}
	switch q.Verb {
	case "create":
		return true, ""
	case "get", "update", "patch", "delete":
		return related(g, node, slicesOfNodes, q)
	case "list", "watch", "deletecollection":
		if selects(q, node) {
			return true, ""
		}
		return false, "can only list/watch/deletecollection resourceslices with nodeName field selector"
	}
	return false, "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection"
}

// nodeObject compares names, not the graph: a node reads itself before it exists.
func nodeObject(_ *graph, node string, q *authz.Attributes) (bool, string) {
	switch q.Subresource + "/" + q.Verb {
	case "/create", "/update", "/patch", "status/update", "status/patch":
		return true, ""
	case "/get", "/list", "/watch":
		switch q.Name {
		case node:
			return true, ""
		case "":
			return false, fmt.Sprintf("node '%s' cannot read all nodes, only its own Node object", node)
		}
		return false, fmt.Sprintf("node '%s' cannot read '%s', only its own Node object", node, q.Name)
	}
	return false, ""
}

func pod(g *graph, node string, q *authz.Attributes) (bool, string) {
	switch q.Subresource + "/" + q.Verb {
	case "/create", "/delete", "status/update", "status/patch", "eviction/create":
		return true, ""
	case "/get":
		return related(g, node, pods, q)
	case "/list", "/watch":
		switch {
		case selects(q, node):
			return true, ""
		case q.Name != "":
			return related(g, node, pods, q)
		}
		return false, "can only list/watch pods with spec.nodeName field selector"
	}
	return false, ""
}

func certificateRequest(g *graph, node string, q *authz.Attributes) (bool, string) {
	if q.Subresource != "" {
		return false, "nodes may not access the status subresource of PodCertificateRequests"
	}
	switch q.Verb {
	case "create":
		return true, ""
	case "get":
		return related(g, node, certificateRequests, q)
	case "list", "watch":
		if selects(q, node) {
			return true, ""
		}
		return false, "can only list/watch podcertificaterequests with nodeName field selector"
	}
	return false, fmt.Sprintf("nodes may not %s podcertificaterequests", q.Verb)
}

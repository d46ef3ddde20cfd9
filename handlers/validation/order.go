package validation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Upstream validates pods, templates and services in an order that is not that of the fields. Here the field rules and the hooks
// of a kind run one after the other, so their errors are sorted by path.

// rest stands for the fields that a list does not name.
const rest = "*"

// order of the fields below a list or struct of this name.
var order = map[string][]string{
	"spec": {"volumes", "resourceClaims", "containers", "initContainers", "ephemeralContainers", "accessModes", "resources", "hostNetwork", "restartPolicy",
		"dnsPolicy", "nodeSelector", "securityContext", "shareProcessNamespace", "imagePullSecrets", "affinity", "dnsConfig", "readinessGates",
		"schedulingGates", "topologySpreadConstraints", "hostUsers", "hostnameOverride", "serviceAccountName", "nodeName",
		"activeDeadlineSeconds", "hostname", "subdomain", "tolerations", "hostAliases", "priorityClassName", "runtimeClassName",
		"preemptionPolicy", "overhead", "os",
		// of workloads
		"replicas", "parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes",
		"managedBy", "completionMode", "podFailurePolicy", "successPolicy", "podReplacementPolicy", "volumeClaimTemplates",
		// of services and workloads
		"ports", "selector", "template", rest,
		// of services
		"sessionAffinity", "sessionAffinityConfig", "externalIPs", "type", "LoadBalancerSourceRanges", "allocateLoadBalancerNodePorts",
		"loadBalancerClass", "externalTrafficPolicy", "healthCheckNodePort", "internalTrafficPolicy", "trafficDistribution",
		// of priority levels, whose type also comes first
		"limited", "exempt"},
	"template":            {"metadata", "labels", "annotations", "spec", rest},
	"containers":          containerOrder,
	"initContainers":      initContainerOrder,
	"ephemeralContainers": containerOrder,
	"volumes":             {rest, "name"},
	"ports":               {"name", "containerPort", "hostPort", "port", "protocol", "targetPort", "appProtocol", rest},
	"securityContext": {"privileged", "fsGroup", "runAsUser", "runAsGroup", "supplementalGroups", "sysctls", "fsGroupChangePolicy", "procMount",
		"seccompProfile", "windowsOptions", "appArmorProfile", "supplementalGroupsPolicy", "seLinuxChangePolicy", rest},
	"topologySpreadConstraints": {"maxSkew", "topologyKey", "whenUnsatisfiable", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy", rest},
}

var containerOrder = []string{"name", "image", "terminationMessagePolicy", "ports", "env", "envFrom", "volumeMounts", "volumeDevices",
	"imagePullPolicy", "resources", "resizePolicy", "securityContext", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe",
	"restartPolicy", "restartPolicyRules", rest}

// initContainerOrder has restartPolicy earlier, because that decides which other fields are allowed.
var initContainerOrder = append(append(append([]string{}, containerOrder[:12]...), "restartPolicy", "restartPolicyRules"), containerOrder[12:]...)

// sortedPaths are the parts of paths that cause sorting: an object with such an error has all its errors sorted. Those of other
// objects keep the order in which they were found.
var sortedPaths = []string{
	// of pod specs, wherever they stand
	"spec.containers", "spec.initContainers", "spec.volumes", "spec.securityContext", "spec.affinity", "spec.tolerations", "spec.dnsConfig",
	// of pod templates
	"template.labels", "template.annotations",
	// of services
	"spec.ports[", "spec.type",
}

// inSortedPath reports whether an error causes sorting.
func inSortedPath(e *field.Error) bool {
	return slices.ContainsFunc(sortedPaths, func(part string) bool { return strings.Contains(e.Field, part) })
}

// place orders one step of a path among its siblings: by the table, then as they were found, then by index.
type place struct{ rank, index, found int }

// arrange sorts errors into upstream's order. Errors of one struct come together.
func arrange(errs field.ErrorList) {
	if len(errs) < 2 {
		return
	}
	seen := map[string]int{}
	places := make(map[*field.Error][]place, len(errs))
	for _, e := range errs {
		places[e] = steps(e.Field, seen)
	}
	slices.SortStableFunc(errs, func(a, b *field.Error) int {
		x, y := places[a], places[b]
		for i := range min(len(x), len(y)) {
			if c := cmp.Or(cmp.Compare(x[i].rank, y[i].rank), cmp.Compare(x[i].found, y[i].found), cmp.Compare(x[i].index, y[i].index)); c != 0 {
				return c
			}
		}
		return cmp.Compare(len(y), len(x)) // errors of the fields of a struct, then errors of the struct
	})
}

// steps are the places along a path. seen numbers the names below one parent in the order of their first error.
func steps(path string, seen map[string]int) (out []place) {
	parent, prefix := "", ""
	for step := range strings.SplitSeq(path, ".") {
		name, key, _ := strings.Cut(step, "[")
		p := place{rank: rankOf(parent, name)}
		if n, err := strconv.Atoi(strings.TrimSuffix(key, "]")); err == nil {
			p.index = n
		}
		number, known := seen[prefix+name]
		if !known {
			number = len(seen)
			seen[prefix+name] = number
		}
		p.found = number
		out = append(out, p)
		parent, prefix = name, prefix+step+"."
	}
	return out
}

func rankOf(parent, name string) int {
	list, ok := order[parent]
	if !ok {
		return 0
	}
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return slices.Index(list, rest)
}

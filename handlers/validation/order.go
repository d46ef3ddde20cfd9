package validation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The original goes through a pod in an order of its own, which is not that of the fields. Errors are put into that order by
// their paths, as field rules and strategies find them in two passes.

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
		"loadBalancerClass", "externalTrafficPolicy", "healthCheckNodePort", "internalTrafficPolicy", "trafficDistribution"},
	"":                    {"metadata", "roleRef", "subjects", rest},
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

// initContainerOrder: whether one restarts decides what else it may have.
var initContainerOrder = append(append(append([]string{}, containerOrder[:12]...), "restartPolicy", "restartPolicyRules"), containerOrder[12:]...)

// ofPod says whether an error is about a pod's spec or template, wherever it stands, or the ports of a service.
func ofPod(e *field.Error) bool {
	for _, part := range []string{"containers", "initContainers", "volumes", "securityContext", "affinity", "tolerations", "dnsConfig"} {
		if strings.Contains(e.Field, "spec."+part) {
			return true
		}
	}
	for _, part := range []string{"template.labels", "template.annotations", "spec.ports[", "spec.type", "roleRef."} {
		if strings.Contains(e.Field, part) {
			return true
		}
	}
	return false
}

// place is where one step of a path comes among its siblings: by the table, then by index, then as they were found.
type place struct{ rank, index, found int }

// arrange puts errors into the original's order. Those of the same struct come together: right for what stands in single
// fields, and in a pod for all errors.
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
		return cmp.Compare(len(y), len(x)) // first what is in a struct, then what is said of it as a whole
	})
}

// steps are the places along a path. seen numbers names below the same parent in the order of their first error.
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

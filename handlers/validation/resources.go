package validation

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Names of resources that are counted or measured.
var (
	// standard names need no domain in front.
	standard = set("cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu",
		"limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
		"persistentvolumeclaims", "storage", "requests.storage", "services.nodeports", "services.loadbalancers")
	// counted ones have no parts.
	counted = set("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
		"services.nodeports", "services.loadbalancers")
	ofContainers = set("cpu", "memory", "ephemeral-storage")
)

const (
	nativeDomain   = "kubernetes.io/"
	requestsPrefix = "requests."
)

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

func native(name string) bool {
	return !strings.Contains(name, "/") || strings.Contains(name, nativeDomain)
}

// extended resources are those of others: a domain that is not ours, and short enough to be quota'd.
func extended(name string) bool {
	if native(name) || strings.HasPrefix(name, requestsPrefix) {
		return false
	}
	return quickQualified(requestsPrefix+name) || len(validation.IsQualifiedName(requestsPrefix+name)) == 0
}

func wholeOnly(name string) bool {
	if ofContainers[name] {
		return false
	}
	return counted[name] || extended(name)
}

func hugePages(name string) bool { return strings.HasPrefix(name, "hugepages-") }

// resourceName is the rule for every list of resources.
func resourceName(name string, path *field.Path) field.ErrorList {
	if standard[name] {
		return nil
	}
	if !quickQualified(name) {
		if errs := invalid(path, reflect.ValueOf(name), validation.IsQualifiedName(name)...); len(errs) > 0 {
			return errs
		}
	}
	if !strings.Contains(name, "/") && !hugePages(name) && !strings.HasPrefix(name, "requests.hugepages-") {
		return field.ErrorList{field.Invalid(path, name, "must be a standard resource type or fully qualified")}
	}
	return nil
}

func containerResourceName(name string, path *field.Path) field.ErrorList {
	if ofContainers[name] {
		return nil
	}
	errs := resourceName(name, path)
	switch {
	case !strings.Contains(name, "/"):
		if !hugePages(name) {
			errs = append(errs, field.Invalid(path, name, "must be a standard resource for containers"))
		}
	case !native(name) && !extended(name):
		errs = append(errs, field.Invalid(path, name, "doesn't follow extended resource name standard"))
	}
	return errs
}

// Quota judges names and amounts of what a quota counts, in its status as in its spec.
func Quota(m map[string]resource.Quantity, path *field.Path) field.ErrorList {
	return quotaResources(&m, path)
}

// quotaResources judges names and amounts of a quota.
func quotaResources(m *map[string]resource.Quantity, path *field.Path) (errs field.ErrorList) {
	for _, name := range sorted(reflect.ValueOf(*m)) {
		at := path.Key(name)
		errs = append(errs, resourceName(name, at)...)
		if !strings.Contains(name, "/") && !QuotaName(name) {
			errs = append(errs, field.Invalid(at, name, "must be a standard resource for quota"))
		}
		q := (*m)[name]
		errs = append(errs, quantity(&q, at)...)
		if wholeOnly(name) && q.MilliValue()%1000 != 0 {
			errs = append(errs, field.Invalid(at, q, "must be an integer"))
		}
	}
	return errs
}

// Resource judges a name in a list of resources.
func Resource(name string, path *field.Path) field.ErrorList { return resourceName(name, path) }

// ContainerResource judges a name in a list of what containers ask for.
func ContainerResource(name string, path *field.Path) field.ErrorList {
	return containerResourceName(name, path)
}

// QuotaName says whether quotas know this resource without a domain. Storage alone is measured but has no quota of its own.
func QuotaName(name string) bool {
	return standard[name] && name != "storage" || hugePages(name) || strings.HasPrefix(name, "requests.hugepages-")
}

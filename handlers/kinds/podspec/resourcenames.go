package podspec

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

var (
	// standard resources need no domain.
	standard = setOf("cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu",
		"limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
		"persistentvolumeclaims", "storage", "requests.storage", "services.nodeports", "services.loadbalancers")
	// counted resources are integers.
	counted = setOf("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
		"services.nodeports", "services.loadbalancers")
	ofContainers = setOf("cpu", "memory", "ephemeral-storage")
)

const (
	nativeDomain   = "kubernetes.io/"
	requestsPrefix = "requests."
	pagesPrefix    = "hugepages-"
)

func setOf(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// Native says whether a resource is in the domain of Kubernetes, or in none.
func Native(name string) bool {
	return !strings.Contains(name, "/") || strings.Contains(name, nativeDomain)
}

// ExtendedResource reports whether a resource is an extended one: it has a domain that is not Kubernetes' own, and is short enough
// for a quota's prefix.
func ExtendedResource(name string) bool {
	if Native(name) || strings.HasPrefix(name, requestsPrefix) {
		return false
	}
	return rules.QuickQualified(requestsPrefix+name) || len(validation.IsQualifiedName(requestsPrefix+name)) == 0
}

func wholeOnly(name string) bool {
	if ofContainers[name] {
		return false
	}
	return counted[name] || ExtendedResource(name)
}

// HugePages reports whether a resource is huge pages of some size.
func HugePages(name string) bool { return strings.HasPrefix(name, pagesPrefix) }

// ResourceName is the rule for names in every list of resources.
func ResourceName(name string, path *field.Path) field.ErrorList {
	if standard[name] {
		return nil
	}
	if !rules.QuickQualified(name) {
		if errs := kind.Qualified(path, name); len(errs) > 0 {
			return errs
		}
	}
	if !strings.Contains(name, "/") && !HugePages(name) && !strings.HasPrefix(name, requestsPrefix+pagesPrefix) {
		return field.ErrorList{field.Invalid(path, name, "must be a standard resource type or fully qualified")}
	}
	return nil
}

// ContainerResourceName is the rule for the resources that containers request.
func ContainerResourceName(name string, path *field.Path) field.ErrorList {
	if ofContainers[name] {
		return nil
	}
	errs := ResourceName(name, path)
	switch {
	case !strings.Contains(name, "/"):
		if !HugePages(name) {
			errs = append(errs, field.Invalid(path, name, "must be a standard resource for containers"))
		}
	case !Native(name) && !ExtendedResource(name):
		errs = append(errs, field.Invalid(path, name, "doesn't follow extended resource name standard"))
	}
	return errs
}

// containerResources are the requests or limits of a container or pod.
func containerResources(m *map[string]resource.Quantity, path *field.Path) field.ErrorList {
	if plainResources(*m) {
		return nil
	}
	var errs field.ErrorList
	nameFaults := ContainerResourceName
	if ofWholePod(path) {
		nameFaults = podResourceName
	}
	for _, name := range kind.SortedKeys(*m) {
		q := (*m)[name]
		at := path.Key(name)
		errs = append(errs, nameFaults(name, at)...)
		errs = append(errs, amount(name, &q, at)...)
	}
	return errs
}

// podResourceName is the rule for the resources of a pod as a whole. Those that containers request and a pod cannot are left to
// podResources.
func podResourceName(name string, path *field.Path) field.ErrorList {
	errs := ResourceName(name, path)
	if len(errs) == 0 && len(ContainerResourceName(name, path)) > 0 {
		errs = append(errs, notOfPods(name, path))
	}
	return errs
}

func notOfPods(name string, path *field.Path) *field.Error {
	return field.NotSupported(path, name, []string{"cpu", "hugepages-", "memory"})
}

// ofWholePod says whether these are the resources of a pod as a whole, which podResources judges further.
func ofWholePod(path *field.Path) bool {
	return path != nil && (strings.HasSuffix(path.String(), "spec.resources.limits") || strings.HasSuffix(path.String(), "spec.resources.requests"))
}

// plainResources accepts the three resources of every container, none negative.
func plainResources(m map[string]resource.Quantity) bool {
	for name, q := range m {
		if !ofContainers[name] || q.Sign() < 0 {
			return false
		}
	}
	return true
}

// Amount of a resource: not negative, and an integer where the resource is counted.
func Amount(name string, q *resource.Quantity, path *field.Path) field.ErrorList {
	errs := rules.Quantity(q, path)
	if wholeOnly(name) && q.MilliValue()%1000 != 0 {
		errs = append(errs, field.Invalid(path, *q, "must be an integer"))
	}
	return errs
}

// amount is Amount for a container, where huge pages come in whole pages.
func amount(name string, q *resource.Quantity, path *field.Path) field.ErrorList {
	errs := Amount(name, q, path)
	if size, ok := strings.CutPrefix(name, pagesPrefix); ok {
		page, err := object.ParseQuantity(size)
		switch {
		case err != nil:
			errs = append(errs, field.Invalid(path, q.String(), err.Error()))
		case page.Value() > 0 && q.Value()%page.Value() != 0:
			errs = append(errs, field.Invalid(path, q.String(), fmt.Sprintf("%s is not positive integer multiple of %s", q.String(), name)))
		}
	}
	return errs
}

// QuotaName says whether quotas count a resource without a domain. storage itself has no quota, only its requests.
func QuotaName(name string) bool {
	return standard[name] && name != "storage" || HugePages(name) || strings.HasPrefix(name, requestsPrefix+pagesPrefix)
}

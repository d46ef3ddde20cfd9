package emptying

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// The conditions of a namespace that goes, in the order in which they stand in its status, each with what it says while all
// is well. Names and sentences are upstream's: programs and people look for them.
var conditions = []struct{ name, reason, message string }{
	{discoveryFailure, "ResourcesDiscovered", "All resources successfully discovered"},
	{"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"},
	{contentFailure, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"},
	{contentRemaining, "ContentRemoved", "All content successfully removed"},
	{finalizersRemaining, "ContentHasNoFinalizers", "All content-preserving finalizers finished"},
}

const (
	discoveryFailure    = "NamespaceDeletionDiscoveryFailure"
	contentFailure      = "NamespaceDeletionContentFailure"
	contentRemaining    = "NamespaceContentRemaining"
	finalizersRemaining = "NamespaceFinalizersRemaining"
)

// found is what was found out about a namespace on its way out.
type found struct {
	// elsewhere are group-versions that nobody answers for, so that nobody knows what they have in the namespace.
	elsewhere []string
	// remaining are the objects that are left, and those that a finalizer keeps.
	remaining  map[schema.GroupVersionResource]int
	finalizers map[string]int
	faults     []error
}

func newFound() *found {
	return &found{remaining: map[schema.GroupVersionResource]int{}, finalizers: map[string]int{}}
}

// problem is what a condition says that is true.
type problem struct{ reason, message string }

// problems are those conditions. totals leaves out what remains: while pods are there nothing else is counted.
func (f *found) problems(totals bool) map[string]problem {
	out := map[string]problem{}
	if len(f.elsewhere) > 0 {
		out[discoveryFailure] = problem{"DiscoveryFailed", fmt.Sprintf("Discovery failed for some groups, %d failing: unable to retrieve the complete list of server APIs: %s", len(f.elsewhere), strings.Join(f.elsewhere, ", "))}
	}
	if len(f.faults) > 0 {
		texts := make([]string, len(f.faults))
		for i, err := range f.faults {
			texts[i] = err.Error()
		}
		slices.Sort(texts)
		out[contentFailure] = problem{"ContentDeletionFailed", fmt.Sprintf("Failed to delete all resource types, %d remaining: %v", len(texts), strings.Join(texts, ", "))}
	}
	if !totals {
		return out
	}
	var remaining, kept []string
	for gvr, n := range f.remaining {
		remaining = append(remaining, fmt.Sprintf("%s.%s has %d resource instances", gvr.Resource, gvr.Group, n))
	}
	for finalizer, n := range f.finalizers {
		kept = append(kept, fmt.Sprintf("%s in %d resource instances", finalizer, n))
	}
	if slices.Sort(remaining); len(remaining) > 0 {
		out[contentRemaining] = problem{"SomeResourcesRemain", "Some resources are remaining: " + strings.Join(remaining, ", ")}
	}
	if slices.Sort(kept); len(kept) > 0 {
		out[finalizersRemaining] = problem{"SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: " + strings.Join(kept, ", ")}
	}
	return out
}

// tell brings the conditions of a namespace up to date and says whether any changed.
func tell(ns *corev1.Namespace, problems map[string]problem, now metav1.Time) (changed bool) {
	for _, c := range conditions {
		next := corev1.NamespaceCondition{Type: c.name, Status: "False", LastTransitionTime: now, Reason: c.reason, Message: c.message}
		if p, is := problems[c.name]; is {
			next.Status, next.Reason, next.Message = "True", p.reason, p.message
		}
		i := slices.IndexFunc(ns.Status.Conditions, func(old corev1.NamespaceCondition) bool { return old.Type == c.name })
		if i < 0 {
			ns.Status.Conditions = append(ns.Status.Conditions, next)
			changed = true
			continue
		}
		old := &ns.Status.Conditions[i]
		if old.Status == next.Status && old.Reason == next.Reason && old.Message == next.Message {
			continue
		}
		if old.Status == next.Status {
			next.LastTransitionTime = old.LastTransitionTime
		}
		*old, changed = next, true
	}
	return changed
}

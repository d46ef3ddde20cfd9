package validation

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// listLevel are fields of list items whose faults upstream reports at the list itself, without the item's index.
var listLevel = []struct{ list, field, report string }{
	{"httpHeaders", "name", "httpHeaders"},
	{"volumeMounts", "mountPropagation", "volumeMounts.mountPropagation"},
	{"volumeMounts", "recursiveReadOnly", "volumeMounts.recursiveReadOnly"},
	{"resizePolicy", "resourceName", "resizePolicy"},
	{"resizePolicy", "restartPolicy", "resizePolicy"},
}

// itemLevel are fields whose faults upstream reports at the item that they stand in.
var itemLevel = map[string]bool{"schedulingGates.name": true, "options.name": true, "claims.name": true}

// renamed are fields that upstream reports by another name.
var renamed = map[string]string{"namespaces": "namespace"}

// pathAt is the path that upstream reports for a place in an object.
func pathAt(place string) *field.Path {
	if place == "" {
		return nil
	}
	// Files of the downward API are reported at their volume.
	if head, rest, ok := strings.Cut(place, "downwardAPI.items["); ok {
		if _, tail, ok := strings.Cut(rest, "]"); ok {
			place = head + "downwardAPI" + tail
		}
	}
	// Two are written otherwise: a node's taints stand in its spec and are reported in its metadata.
	if tail, ok := strings.CutPrefix(place, "spec.taints["); ok {
		place = "metadata.taints[" + tail
	}
	if tail, ok := strings.CutPrefix(place, "spec.loadBalancerSourceRanges["); ok {
		place = "spec.LoadBalancerSourceRanges[" + tail
	}
	// What a runtime needs for itself is judged like the limits of a container.
	if tail, ok := strings.CutPrefix(place, "overhead.podFixed"); ok {
		place = "overhead.limits" + tail
	}
	// The only disk that there was at first.
	place = strings.Replace(place, "gcePersistentDisk.", "persistentDisk.", 1)
	parent, last := "", place
	if i := strings.LastIndexByte(place, '.'); i >= 0 {
		parent, last = place[:i], place[i+1:]
	}
	list := parent[strings.LastIndexByte(parent, '.')+1:]
	if i := strings.IndexByte(list, '['); i >= 0 {
		head := parent[:len(parent)-len(list)]
		name := list[:i]
		for _, q := range listLevel {
			if name == q.list && last == q.field {
				return field.NewPath(head + q.report)
			}
		}
		if itemLevel[name+"."+last] {
			return field.NewPath(parent)
		}
	}
	// Namespaces of an affinity term: the list's name in the singular, without an index.
	if name, _, indexed := strings.Cut(last, "["); indexed && renamed[name] != "" {
		return field.NewPath(parent + "." + renamed[name])
	}
	return field.NewPath(place)
}

package object

import "k8s.io/apimachinery/pkg/runtime/schema"

// GroupKind names a kind in an error.
func GroupKind(group, kind string) schema.GroupKind {
	return schema.GroupKind{Group: group, Kind: kind}
}

// GroupResource names a resource in an error.
func GroupResource(group, resource string) schema.GroupResource {
	return schema.GroupResource{Group: group, Resource: resource}
}

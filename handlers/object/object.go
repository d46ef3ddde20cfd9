// Package object says what an API object of any kind has: a group, version and kind, and object metadata.
//
// There are two forms behind one interface: the struct that is generated for a built-in kind, and apimachinery's
// Unstructured for a custom resource. Handlers, admission and strategies that work on all kinds use only this interface.
package object

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is one API object of a kind with metadata. It is not safe for concurrent change.
type Object interface {
	runtime.Object
	metav1.Object
}

// Copy is a deep copy that keeps its type.
func Copy[T Object](o T) T { return o.DeepCopyObject().(T) }

package kube

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Untyped is a resource without Go types, such as a custom one: its objects are maps.
//
//	crons := kube.Untyped(kube.Row{Group: "example.com", Version: "v1", Resource: "crons", Kind: "Cron", Namespaced: true})
func Untyped(row Row) *Resource[unstructured.Unstructured, unstructured.UnstructuredList] {
	return &Resource[unstructured.Unstructured, unstructured.UnstructuredList]{
		Row: row,
		Items: func(l *unstructured.UnstructuredList) (*metav1.ListMeta, *[]unstructured.Unstructured) {
			return &metav1.ListMeta{ResourceVersion: l.GetResourceVersion(), Continue: l.GetContinue(), RemainingItemCount: l.GetRemainingItemCount()}, &l.Items
		},
	}
}

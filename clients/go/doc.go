// Package kube is a small typed client of the Kubernetes API.
//
//	client, err := kube.FromKubeconfig("")
//	pods := corev1.Pods.In(client, "shop")
//	for pod, err := range pods.All(ctx, kube.Labels("app=web")) { ... }
//	for event, err := range pods.Watch(ctx) { ... }
//
// Types and resources are in types/<group>/<version>, generated from the same model as the server's. Metadata, errors and
// times are apimachinery's, so that the helpers of that module serve here as well.
package kube

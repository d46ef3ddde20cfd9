// Package controlplane runs a real control plane on this server: upstream's controller-manager with the credentials of service
// accounts, its scheduler, and kwok, whose nodes have kubelets that only say that they run everything.
//
// It is for development and needs the reference's programs: REF_BIN names their folder, otherwise the test is skipped. With
// CONTROLPLANE_KUBECONFIG the same steps are taken on a cluster that runs already, such as the reference's own; the last
// states must be the same there:
//
//	REF_BIN=~/.cache/ref/bin go test ./test/controlplane
//	reference/up $REF all && CONTROLPLANE_KUBECONFIG=$REF/kubeconfig REF_BIN=~/.cache/ref/bin go test ./test/controlplane
package controlplane

// Package envtest starts the server as controller-runtime's envtest does, which is how most operators are tested: by its own code,
// with its command line, beside an etcd of its own.
package envtest

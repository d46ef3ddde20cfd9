// Package onestore holds the promise that Gatehouse and upstream can share one etcd: what either writes lies under the
// same key in the same bytes, and the other serves it as its own.
//
// TestBoth runs the two beside each other on one etcd, TestTurns one after the other over one data directory. Both need the
// reference's binaries (kube-apiserver and etcd) in the folder that REF_BIN names, or in ref/bin of the user's cache, and
// are skipped where there are none. TestReplay needs nothing: it loads what the reference stored once into our own store,
// and compares our answers about every object with those that the reference gave.
//
//	go test ./test/onestore -run TestRecord -record    writes testdata anew, with the reference
package onestore

// Package mutate compares what two servers say about faulty objects. It takes good objects (testdata), spoils them in one
// place after the other, creates each with dryRun on our server and on the reference, and shows where status, causes,
// warnings or, for what was accepted, the object differ. It is a tool for whoever works on validation: a fault that is
// found here becomes a step of a golden script, which then holds without the reference.
//
//	go test ./test/mutate -run TestAgainstReference -v -reference https://127.0.0.1:16443 -token T [-ours URL] [-kind Pod] [-update]
//
// TestEachFaultIsFoundOnce needs no reference: it spoils the same objects, and objects full of junk of every kind, and fails when
// two places find one fault.
//
// The reference must run without admission plugins, as for golden scripts. Without -ours a server of ours is started.
package mutate

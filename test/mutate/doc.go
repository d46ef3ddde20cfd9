// Package mutate compares what two servers say about faulty objects. It takes good objects of every kind and version
// (testdata), spoils them in one place after the other in every way that the type of the place allows, sends each with dryRun
// to our server and to the reference, and shows where status, causes, warnings or, for what was accepted, the object differ.
// Each object is spoiled when it is created, when it is updated, and in its status; documents with x-at are bodies of other
// subresources. It is a tool for work on validation: a fault that is found here becomes a step of a golden script,
// which then holds without the reference.
//
//	go test ./test/mutate -run TestAgainstReference -v -reference https://127.0.0.1:16443 -ours https://127.0.0.1:6443 \
//	    -token T [-kind Pod] [-group apps] [-mode create] [-share 10] [-deep]
//
// Differences that are known are in testdata/differences.yaml, each with its reason; all others fail the test. -share 10
// sends one of ten cases. Templates of pods are spoiled in a tenth of their places, unless -deep is given: Pod has them all.
// The reference must run without admission plugins, as for golden scripts, and both with --runtime-config=api/all=true and
// the feature gates that rows need. Cases go to both servers at the same time, some at once, over few connections.
//
// TestEachFaultIsFoundOnce needs no reference: it spoils the same objects, and objects full of junk of every kind, and fails when
// two places find one fault.
package mutate

// Package golden holds recorded conversations with the reference kube-apiserver and the means to hold a server to them.
//
// A script (testdata/*.txt) is a list of steps: a request, and the answer that the reference gave, written down after
// what differs from run to run (uids, times, resource versions, the script's own namespace) has been masked. Replay sends
// the same requests to another server and reports every answer that differs. The format is described in README.md.
//
// The package knows nothing of the server it talks to: it imports only the standard library, a YAML parser, what shows
// differences of texts, and the envelopes of protobuf answers and events, so that a mistake shared by server and test cannot
// hide.
package golden

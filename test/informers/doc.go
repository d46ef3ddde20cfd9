// Package informers runs client-go, as controllers use it, against the server: reflectors that list or stream their first
// state, in JSON and protobuf, over servers that end, are killed or are compacted, over connections that are cut and over
// a network that is slow. What they were told is compared with the history in etcd, change by change.
//
// client-go is imported by tests only.
package informers

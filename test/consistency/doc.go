// Package consistency checks what the server promises about its store, from outside and under faults: many clients write
// and read a few config maps and watch them while servers and etcd are killed, and everything that they were told is
// compared with the history that etcd itself has.
//
// Two checkers look at each history. porcupine searches, for each key, an order of all operations in which a plain
// register would have given the same answers (linearizability). The other uses the revisions: the history in etcd is a
// total order of all writes, so every answer can be held against the one state it claims to be, against all that was
// known before its request began and against all that began after it. An operation whose answer never came may have
// happened or not; it must not have happened twice.
//
// A usual run makes few faults. The long form is
//
//	CONSISTENCY_FAULTS=120 go test -timeout 60m -v ./test/consistency
//
// which makes that many faults in each of the tests. CONSISTENCY_SEED repeats the choices of a run; its timing cannot be
// repeated.
package consistency

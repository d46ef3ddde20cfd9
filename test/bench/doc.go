// Package bench measures the whole server as a process, beside upstream where that is at hand: how soon it is ready, how
// much memory it takes, what each kind of request and each delivered event costs, and how all of it grows. One run gives
// one Markdown table with a row for each budget:
//
//	REF_BIN=/folder/of/upstream/binaries make bench PKG=./test/bench
//
// The folder has upstream's kube-apiserver and etcd, and loadgen, a client that sends one kind of request for some
// seconds and reads the servers' CPU time and memory from /proc. What is not there is left out, and the output says so. The
// servers run one after the other, with the same certificates, modes and durability, and take turns in going first.
//
// Figures are printed and never judged by a failing test, as they depend on the machine; what counts is their ratio to
// upstream's in the same run.
//
//	BENCH_PODS=5000     pods in the store; a tenth of it is enough to try the whole thing
//	BENCH_SECONDS=3     of each workload
//	BENCH_ROUNDS=2      each figure is the median of so many
//	BENCH_OUT=folder    where the tables go as files, with every single reading
//	BENCH_GROWTH=1      also measures ours with more and more pods and watchers, and draws docs/growth.svg
package bench

// Package bench measures the whole server as a process: how soon it is ready, and how much memory it takes. Its figures are
// printed and never judged, as they depend on the machine; what counts is their ratio to the reference's in the same run.
package bench

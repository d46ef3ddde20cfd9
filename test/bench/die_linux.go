package bench

import "syscall"

// dieWithUs lets a process end with the benchmark even if that has no time to stop it: when it is killed, or go test's
// time is up.
func dieWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

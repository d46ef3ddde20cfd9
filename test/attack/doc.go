// Package attack sends the real server what is made to exhaust it, and holds it to bounds: how much more memory it has at its
// worst than before, and how many seconds of CPU it uses. Every attack is bounded, is aimed at a server of the test's own on
// the loopback interface, and is small in what it sends.
//
// The usual run is short, for CI. The long form has the sizes and times of the reports, and takes minutes:
//
//	ATTACK_LONG=1 go test -timeout 60m -v ./test/attack
//
// With -v each attack says what the server used.
//
// # Adding a case
//
// A class of attacks is one file, named after what is exhausted. A case is a test that fills in an Attack:
//
//	func TestManyWarnings(t *testing.T) {
//		Attack{
//			Fault:  "S4",                         // its number in the list of faults, if it has one
//			Flags:  []string{"--v=2"},            // of the server, beside those of test/harness
//			Memory: 50 << 20, CPU: 2 * time.Second, // what it may use
//			Prepare: func(a *Target) {            // what the attack needs; not counted
//				a.Create("/api/v1/namespaces/default/configmaps", `{"metadata":{"name":"a"}}`)
//			},
//			Run: func(a *Target) {                // the attack; answers that are wrong fail the test
//				code, text := a.Do(a.User, "POST", "/api/v1/namespaces/default/pods", pod)
//				...
//			},
//		}.Test(t)
//	}
//
// Run returns when the server has borne the worst, with the connections still open: memory is read after it. Target has
// clients of an administrator and of somebody without rights, Times for the sizes of the two forms, and Dial for frames of HTTP/2
// that no client would send. After each attack the server must still serve an administrator.
//
// Bounds are generous: a fault of this kind misses them by a factor, and what garbage collection adds differs from run to run.
// Choose them at about three times what -v says, and see that the case fails without the change that it is about. Where the
// two forms send so different amounts that one bound would be none for the short form, bound has one for each.
package attack

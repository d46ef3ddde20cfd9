package resource

// ClientFault is an error that upstream answers with 500 and no reason although the client made it: a version that is no
// number, a patch without a merge key. Clients may know the answer; operators need not hear of it.
type ClientFault struct{ Err error }

func (f ClientFault) Error() string { return f.Err.Error() }

// Unwrap is the fault itself.
func (f ClientFault) Unwrap() error { return f.Err }

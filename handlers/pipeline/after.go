package pipeline

// End is how a request ended: with what its handler returned, or with a panic. Status and Size are those of the answer as
// far as it was sent; the answer to Err is not.
type End struct {
	Err    error
	Panic  any
	Status int
	Size   int64
}

// After is how a stage does something after the handler: it runs what is left of the chain, and done when the request is
// over. That is when the chain returns or panics; of an answer that was detached, when that has ended, long after the
// stage has returned. So no stage may do anything after next by itself, nor with defer, and a test holds them to it.
//
// What done returns is the stage's error. A panic goes on after done; of a detached answer nobody asks any more. done must
// not hold on to the request, which would stay in memory as long as the answer lasts: it takes along what it needs.
func After(next Handler, r *Request, done func(End) error) (err error) {
	returned := false
	defer func() {
		if !returned { // it panics
			p := recover()
			_ = done(End{Panic: p, Status: r.Writer.Status, Size: r.Writer.Size}) // the panic is the answer
			panic(p)
		}
	}()
	err = next(r)
	returned = true
	if d := r.detached; d != nil && err == nil {
		d.done = append(d.done, done)
		return err
	}
	return done(End{Err: err, Status: r.Writer.Status, Size: r.Writer.Size})
}

package h2

import "sync"

const (
	// fillTo is how much a connection gathers for one write. With 32 KB a long answer costs a third more; 128 and 256 KB gain
	// little or nothing, and it is what a slow client keeps in memory.
	fillTo = 64 << 10
	// A buffer has room for what is added when it is almost full: one frame of every kind, TLS records around it all.
	bufferSize = fillTo + 20<<10
	// answerBuffer is what an answer may have before any of it is sent: it goes out in one piece then, with its length.
	answerBuffer = 16 << 10
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func takeBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:0] }

// releaseBuffer takes a buffer that nobody uses any more; one that has outgrown its array is left to the collector.
func releaseBuffer(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}

var answerBuffers = sync.Pool{New: func() any { return new([answerBuffer]byte) }}

func takeAnswerBuffer() []byte { return answerBuffers.Get().(*[answerBuffer]byte)[:0] }

func releaseAnswerBuffer(b []byte) {
	if cap(b) == answerBuffer {
		answerBuffers.Put((*[answerBuffer]byte)(b[:answerBuffer]))
	}
}

package storagetest

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var sizeTests = []test{
	{"grows with what is written", func(s *suite) {
		value := strings.Repeat("x", 256<<10)
		before := s.size()
		for i := 0; s.size() <= before; i++ {
			// What was free in a database that others use is taken first.
			if s.ctx.Err() != nil {
				s.Fatalf("still %d bytes after %d values of %d", before, i, len(value))
			}
			s.create(fmt.Sprintf("/a/%d", i), value)
		}
	}},
}

func (s *suite) size() int64 {
	s.Helper()
	sizer, ok := s.store.(storage.Sizer)
	if !ok {
		s.Fatalf("%T is no storage.Sizer, which the suite needs", s.store)
	}
	size, err := sizer.Size(s.ctx)
	if err != nil || size <= 0 {
		s.Fatalf("size: %d, %v", size, err)
	}
	return size
}

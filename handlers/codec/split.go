package codec

// Split divides the text of a JSON object that was checked before: the members whose names pick chooses, and the others.
// Both are texts of objects.
func Split(object []byte, pick func(name string) bool) (picked, rest []byte, err error) {
	picked, rest = []byte{'{'}, make([]byte, 1, len(object)+1)
	rest[0] = '{'
	err = members(object, 0, func(m member) bool {
		to := &rest
		if pick(m.key) {
			to = &picked
		}
		if len(*to) > 1 {
			*to = append(*to, ',')
		}
		*to = append(*to, object[m.from:m.to]...)
		return true
	})
	return append(picked, '}'), append(rest, '}'), err
}

// Join is one object of two that have no name in common. It may write over what is behind a.
func Join(a, b []byte) []byte {
	switch {
	case len(a) <= len("{}"):
		return b
	case len(b) <= len("{}"):
		return a
	}
	return append(append(a[:len(a)-1], ','), b[1:]...)
}

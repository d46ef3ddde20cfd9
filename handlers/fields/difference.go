package fields

import "github.com/gatehouse-dev/gatehouse/gen/schema"

// difference compares two objects of a kind and writes the differences as FieldsV1 in canonical order.
type difference struct {
	// changed are the fields that the new object adds or changes, removed those that only the old one has. Both are JSON
	// objects whose closing brace is missing until finish.
	changed, removed set
	// unsure is set when only the library can compare the objects.
	unsure bool
}

// set is FieldsV1 under construction.
type set []byte

const (
	itself     = `".":{}`
	onlyItself = "{" + itself + "}"
	noFields   = "{}"
)

// compare compares whole objects. reset are the fields that the endpoint resets.
func compare(n *node, old, next value, reset *resetFields) *difference {
	d := &difference{changed: append(make(set, 0, 512), '{'), removed: append(make(set, 0, 64), '{')}
	d.value(n, old, next, reset)
	d.changed, d.removed = append(d.changed, '}'), append(d.removed, '}')
	return d
}

// none reports whether no manager gains or loses a field.
func (d *difference) none() bool {
	return len(d.changed) == len(noFields) && len(d.removed) == len(noFields)
}

// member says of which of the two sets a value itself is a member.
type member struct{ changed, removed bool }

func leaf(n *node, x, y value) member {
	switch {
	case x.absent():
		return member{changed: true}
	case y.absent():
		return member{removed: true}
	}
	return member{changed: !equal(n, x, y)}
}

// value compares two values, at least one of which is present. It writes the members below them; the caller writes the
// returned member.
func (d *difference) value(n *node, x, y value, reset *resetFields) member {
	behind, x := follow(n, x)
	_, y = follow(n, y)
	n = behind
	if !x.IsValid() && !y.IsValid() && x.null == y.null {
		return member{}
	}
	switch n.form {
	case scalar:
		return leaf(n, x, y)
	case free:
		if x.IsValid() && y.IsValid() && equal(n, x, y) {
			return member{}
		}
		d.unsure = true
		return member{}
	case structure:
		if n.atomic {
			return leaf(n, x, y)
		}
		return d.container(x, y, func() (any bool) {
			for i := range n.children {
				any = d.child(&n.children[i], x, y, reset) || any
			}
			return any
		}, n)
	case mapping:
		if n.atomic || x.empty() && y.empty() {
			return leaf(n, x, y)
		}
		if x.IsValid() && y.IsValid() && equalMaps(n, x.Value, y.Value) {
			return member{}
		}
		return d.container(x, y, func() bool { d.entries(n, x, y); return true }, n)
	}
	if n.merge == schema.Atomic || x.empty() && y.empty() {
		return leaf(n, x, y)
	}
	if equalItems(n, x, y) {
		return member{}
	}
	return d.container(x, y, func() bool { d.items(n, x, y); return true }, n)
}

// container writes the members of a struct, map or list. An empty one is a leaf. One that was added or removed is itself a
// member, beside its content.
func (d *difference) container(x, y value, content func() (any bool), n *node) member {
	whole := member{changed: x.absent(), removed: y.absent()}
	changed, removed := d.changed.begin(whole.changed), d.removed.begin(whole.removed)
	if !content() {
		d.changed, d.removed = d.changed[:changed], d.removed[:removed]
		return leaf(n, x, y)
	}
	return member{changed: d.changed.end(changed, whole.changed), removed: d.removed.end(removed, whole.removed)}
}

// begin writes "." for a container that is itself a member.
func (s *set) begin(whole bool) (at int) {
	at = len(*s)
	if whole {
		*s = append(*s, itself...)
	}
	return at
}

// end removes the "." where nothing follows it, because the container is then written as a leaf.
func (s *set) end(at int, whole bool) (leaf bool) {
	if whole && len(*s) == at+len(itself) {
		*s = (*s)[:at]
	}
	return whole
}

// child compares a field; false when neither side has it.
func (d *difference) child(c *child, x, y value, reset *resetFields) bool {
	if c.unowned {
		return true
	}
	a, b := c.of(x), c.of(y)
	if a.absent() && b.absent() {
		return false
	}
	below := reset.below(c.name)
	if below.all() {
		return true
	}
	if c.node.form == scalar && !a.absent() && !b.absent() && equalBehind(c.node, a, b) {
		return true
	}
	d.at(c.key, func() member { return d.value(c.node, a, b, below) })
	return true
}

func (d *difference) entries(n *node, x, y value) {
	for _, k := range entries(x, y) {
		if !plain(k) {
			d.unsure = true
			return
		}
		d.at(`"f:`+k+`":`, func() member { return d.value(n.element, entry(x, k), entry(y, k), nil) })
	}
}

// items compares the items of two lists by their keys, in key order.
func (d *difference) items(n *node, x, y value) {
	old, sure := items(n, x)
	next, sureNext := items(n, y)
	if !sure || !sureNext || len(old) > 0 && len(next) > 0 && !sameKinds(old[0].parts, next[0].parts) {
		d.unsure = true
		return
	}
	inOrder(old, next, func(it *item) *item { return it }, func(key string, a, b *item) {
		var x, y value
		if a != nil {
			x = a.value
		}
		if b != nil {
			y = b.value
		}
		d.at(key, func() member { return d.value(n.element, x, y, nil) })
	})
}

// inOrder goes through the items of two sorted lists, each key once; a or b is nil where a list has none of the key.
func inOrder[T any](old, next []T, itemOf func(*T) *item, each func(key string, a, b *T)) {
	for len(old) > 0 || len(next) > 0 {
		order := 0
		switch {
		case len(old) == 0:
			order = 1
		case len(next) == 0:
			order = -1
		default:
			order = compareParts(itemOf(&old[0]).parts, itemOf(&next[0]).parts)
		}
		var a, b *T
		key := ""
		if order <= 0 {
			a, key, old = &old[0], itemOf(&old[0]).key, old[1:]
		}
		if order >= 0 {
			b, key, next = &next[0], itemOf(&next[0]).key, next[1:]
		}
		each(key, a, b)
	}
}

// at writes the members that content writes under a key. A set for which there are none does not get the key.
func (d *difference) at(key string, content func() member) {
	changed, removed := d.changed.open(key), d.removed.open(key)
	m := content()
	d.changed.close(changed, m.changed)
	d.removed.close(removed, m.removed)
}

// opened is the position of a key and of its content.
type opened struct{ start, content int }

func (s *set) open(key string) opened {
	start := len(*s)
	if (*s)[start-1] != '{' {
		*s = append(*s, ',')
	}
	*s = append(append(*s, key...), '{')
	return opened{start, len(*s)}
}

// close ends the key of open, or removes it where nothing was written.
func (s *set) close(o opened, member bool) {
	if !member && len(*s) == o.content {
		*s = (*s)[:o.start]
		return
	}
	*s = append(*s, '}')
}

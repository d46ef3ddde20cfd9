package node

// few is how many are looked through one by one. What is longer has a map: lists here are as long as clients make them.
const few = 16

// users are the nodes that have to do with an object, each with the number of sources on it that refer to the object. Most
// objects have a few; one that every pod mounts has as many as there are nodes.
type users struct {
	list []user
	// all has them when they are more than a few; list is empty then.
	all map[*member]int
}

type user struct {
	node  *member
	count int
}

func (u *users) empty() bool { return len(u.list)+len(u.all) == 0 }

func (u *users) has(n *member) bool {
	if u.all != nil {
		return u.all[n] > 0
	}
	for i := range u.list {
		if u.list[i].node == n {
			return true
		}
	}
	return false
}

// add counts one more source, and says whether it is the first of its node.
func (u *users) add(n *member) (first bool) {
	if u.all == nil {
		for i := range u.list {
			if u.list[i].node == n {
				u.list[i].count++
				return false
			}
		}
		if len(u.list) < few {
			u.list = append(u.list, user{n, 1})
			return true
		}
		u.all = make(map[*member]int, 2*few)
		for _, x := range u.list {
			u.all[x.node] = x.count
		}
		u.list = nil
	}
	u.all[n]++
	return u.all[n] == 1
}

// remove counts one source less, and says whether it was the last of its node.
func (u *users) remove(n *member) (last bool) {
	if u.all != nil {
		if u.all[n]--; u.all[n] > 0 {
			return false
		}
		if delete(u.all, n); len(u.all) == 0 {
			u.all = nil
		}
		return true
	}
	for i := range u.list {
		if u.list[i].node != n {
			continue
		}
		if u.list[i].count--; u.list[i].count > 0 {
			return false
		}
		end := len(u.list) - 1
		u.list[i], u.list[end] = u.list[end], user{}
		u.list = u.list[:end]
		return true
	}
	return false
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/utils/lru"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	nodePrefix = "system:node:"
	nodesGroup = "system:nodes"
	// nodeOfToken is the extra of a service account that tells which node its token was made for.
	nodeOfToken = "authentication.kubernetes.io/node-name"
	// associatedKeys stands for the extra of a service account where only the names of its keys may matter.
	associatedKeys = "authentication.kubernetes.io/associated-node-keys"
)

// mode is one way in which somebody can be allowed to impersonate. The constrained ones need two rights: to be that user,
// and to make just this request as one.
type mode struct {
	name        string
	constrained bool
	// applies says whether a user can be impersonated in this mode by asker at all; nil means every user.
	applies func(wanted, asker *resource.UserInfo) bool
}

// modes are tried in this order: what allows least comes first.
var modes = []mode{
	{"associated-node", true, func(wanted, asker *resource.UserInfo) bool {
		name, isNode := nodeName(wanted.Name)
		own := asker.Extra[nodeOfToken]
		return onlyName(wanted) && isNode && isAccount(asker.Name) && len(own) == 1 && own[0] == name
	}},
	{"arbitrary-node", true, func(wanted, _ *resource.UserInfo) bool {
		_, isNode := nodeName(wanted.Name)
		return onlyName(wanted) && isNode
	}},
	{"serviceaccount", true, func(wanted, _ *resource.UserInfo) bool {
		return onlyName(wanted) && isAccount(wanted.Name)
	}},
	{"user-info", true, func(wanted, _ *resource.UserInfo) bool {
		_, isNode := nodeName(wanted.Name)
		return !isNode && !isAccount(wanted.Name)
	}},
	{name: "legacy"},
}

// rememberedAskers is for how many users it is remembered in which mode they impersonate.
const rememberedAskers = 10000

// impersonation decides who may be whom. It remembers the mode that each user was last allowed in and tries that first.
type impersonation struct {
	authorizer authz.Authorizer
	modes      []mode
	last       *lru.Cache
}

func newImpersonation(a authz.Authorizer, constrained bool) *impersonation {
	i := &impersonation{authorizer: a, modes: modes, last: lru.New(rememberedAskers)}
	if !constrained {
		i.modes = slices.DeleteFunc(slices.Clone(modes), func(m mode) bool { return m.constrained })
	}
	return i
}

// check is the user to go on as, and the verb that allowed it in a constrained mode. When no mode allows it, the error is
// that of the first one tried.
func (i *impersonation) check(ctx context.Context, wanted *resource.UserInfo, request authz.Attributes) (*resource.UserInfo, string, error) {
	order := make([]int, 0, len(i.modes)+1)
	if last, ok := i.last.Get(request.User.Name); ok {
		order = append(order, last.(int))
	}
	for n := range i.modes {
		if !slices.Contains(order, n) {
			order = append(order, n)
		}
	}
	var first error
	for _, n := range order {
		m := &i.modes[n]
		if m.applies != nil && !m.applies(wanted, request.User) {
			continue
		}
		user, err := i.try(ctx, m, wanted, request)
		if err == nil {
			i.last.Add(request.User.Name, n)
			if !m.constrained {
				return user, "", nil
			}
			return user, m.verb(), nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, "", first
}

func (m *mode) verb() string {
	if m.constrained {
		return "impersonate:" + m.name
	}
	return "impersonate"
}

// try asks for every right that a mode needs.
func (i *impersonation) try(ctx context.Context, m *mode, wanted *resource.UserInfo, request authz.Attributes) (*resource.UserInfo, error) {
	asker := request.User
	if m.name == "associated-node" {
		anonymized := *asker
		anonymized.Extra = map[string][]string{associatedKeys: sortedKeys(asker.Extra)}
		asker = &anonymized
		request.User = asker
	}
	if m.constrained {
		request.Verb = "impersonate-on:" + m.name + ":" + request.Verb
		if err := i.ask(ctx, request); err != nil {
			return nil, err
		}
	}
	user := *wanted
	rights := []authz.Attributes{nameRight(m, asker, wanted, &user)}
	if wanted.UID != "" {
		rights = append(rights, right(asker, "authentication.k8s.io", m.verb(), "uids", wanted.UID))
	}
	for _, more := range [](func(*mode, *resource.UserInfo, *resource.UserInfo) ([]authz.Attributes, error)){groupRights, extraRights} {
		list, err := more(m, asker, wanted)
		if err != nil {
			return nil, err
		}
		rights = append(rights, list...)
	}
	for _, r := range rights {
		if err := i.ask(ctx, r); err != nil {
			return nil, err
		}
	}
	switch {
	case user.Name == authn.UserAnonymous:
		user.Groups = withGroup(user.Groups, authn.GroupUnauthenticated)
	case !slices.Contains(user.Groups, authn.GroupUnauthenticated):
		user.Groups = withGroup(user.Groups, authn.GroupAuthenticated)
	}
	return &user, nil
}

// ask is nil when the authorizer allows; an error of the authorizer is told with its reason.
func (i *impersonation) ask(ctx context.Context, a authz.Attributes) error {
	decision, reason, err := i.authorizer.Authorize(ctx, a)
	switch {
	case decision == authz.Allow:
		return nil
	case errors.Is(err, authz.ErrNotReady):
		return notReady()
	case err != nil && reason != "":
		reason = fmt.Sprintf("%v: %s", err, reason)
	case err != nil:
		reason = err.Error()
	}
	return authz.Forbidden(a, reason)
}

func right(asker *resource.UserInfo, group, verb, plural, name string) authz.Attributes {
	return authz.Attributes{User: asker, Verb: verb, IsResource: true, Group: group, Version: "v1", Resource: plural, Name: name}
}

// nameRight is the right to bear a name. The groups of nodes and service accounts follow from their names.
func nameRight(m *mode, asker, wanted, user *resource.UserInfo) authz.Attributes {
	a := right(asker, m.group(), m.verb(), "users", wanted.Name)
	if name, ok := nodeName(wanted.Name); ok && m.constrained {
		a.Resource, a.Name, user.Groups = "nodes", name, []string{nodesGroup}
		if m.name == "associated-node" {
			a.Name = "*"
		}
	}
	if namespace, name, err := serviceaccount.SplitUserName(wanted.Name); err == nil {
		a.Resource, a.Namespace, a.Name = "serviceaccounts", namespace, name
		if len(wanted.Groups) == 0 {
			user.Groups = serviceaccount.GroupsOf(namespace)
		}
	}
	return a
}

// group is where users and groups are looked for in rules.
func (m *mode) group() string {
	if m.constrained {
		return "authentication.k8s.io"
	}
	return ""
}

func groupRights(m *mode, asker, wanted *resource.UserInfo) (rights []authz.Attributes, err error) {
	for _, g := range wanted.Groups {
		a := right(asker, m.group(), m.verb(), "groups", g)
		switch {
		case m.constrained && g == "":
			return nil, authz.Forbidden(a, "impersonating the empty string group is not allowed")
		case m.constrained && g == authn.GroupMasters:
			return nil, authz.Forbidden(a, "impersonating the system:masters group is not allowed")
		}
		rights = append(rights, a)
	}
	return rights, nil
}

func extraRights(m *mode, asker, wanted *resource.UserInfo) (rights []authz.Attributes, err error) {
	for _, key := range sortedKeys(wanted.Extra) {
		values := wanted.Extra[key]
		a := right(asker, "authentication.k8s.io", m.verb(), "userextras", "")
		if m.constrained {
			if fault := extraFault(key, values); fault != "" {
				return nil, authz.Forbidden(a, fault)
			}
		}
		for _, v := range values {
			a.Subresource, a.Name = key, v
			rights = append(rights, a)
		}
	}
	return rights, nil
}

func withGroup(groups []string, group string) []string {
	if slices.Contains(groups, group) {
		return groups
	}
	return append(slices.Clone(groups), group)
}

func nodeName(user string) (string, bool) {
	name, ok := strings.CutPrefix(user, nodePrefix)
	return name, ok && len(apivalidation.NameIsDNSSubdomain(name, false)) == 0
}

func isAccount(user string) bool {
	_, _, err := serviceaccount.SplitUserName(user)
	return err == nil
}

func onlyName(u *resource.UserInfo) bool {
	return u.UID == "" && len(u.Groups) == 0 && len(u.Extra) == 0
}

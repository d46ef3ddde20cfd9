package strategy

import (
	"context"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// This file has the former names of what the kinds here share with those that have moved to handlers/kinds already.

const (
	immutable  = kind.Immutable
	noMatch    = podspec.NoMatch
	ipv4, ipv6 = kind.IPv4, kind.IPv6

	ofReplicas, ofReady = podspec.OfReplicas, podspec.OfReady
)

type fieldPath = kind.Path

var (
	wrongType      = kind.WrongType
	compile        = kind.Compile
	text           = kind.Text
	parentRow      = kind.ParentRow
	unchanged      = kind.Unchanged
	display        = kind.Display
	specDiff       = kind.Diff
	faults         = kind.Faults
	dnsName        = kind.DNSName
	dnsLabel       = kind.DNSLabel
	qualified      = kind.Qualified
	needed         = kind.Needed
	segment        = kind.Segment
	among          = kind.Among
	optional       = kind.Optional
	cidr           = kind.CIDR
	portNumber     = kind.PortNumber
	pathSegment    = kind.PathSegment
	labelSelector  = kind.LabelSelector
	pathOf         = kind.PathOf
	amount         = kind.Amount
	nothing        = kind.Nothing
	notDecremented = kind.NotDecremented
	atMost         = kind.AtMost
	withinCounts   = kind.WithinCounts
	familyOf       = kind.FamilyOf
	keptIP         = kind.KeptIP
	endpointIP     = kind.EndpointIP
	balancerHost   = kind.BalancerHost

	validatePodSpec  = podspec.Validate
	podTemplate      = podspec.ValidateTemplate
	template         = podspec.ValidateEndless
	templateSelected = podspec.TemplateSelected
	emptySelector    = podspec.EmptySelector
	coreV1           = kind.CoreV1
	driverTitle      = kind.DriverTitle
	replicaCounts    = podspec.ReplicaCounts
	claimSpec        = core.ClaimSpec
	overcommits      = podspec.Overcommits
	oneOf            = kind.OneOf
)

func onDefault[T object.Object](f func(T)) func(object.Object) { return kind.OnDefault(f) }

func onCreate[T object.Object](f func(context.Context, *resource.Attempt, T) error) func(context.Context, *resource.Attempt, object.Object) error {
	return kind.OnCreate(f)
}

func onUpdate[T object.Object](f func(ctx context.Context, a *resource.Attempt, o, old T) error) func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
	return kind.OnUpdate(f)
}

func check[T object.Object](f func(T) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return kind.Check(f)
}

func checkUpdate[T object.Object](f func(o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return kind.CheckUpdate(f)
}

func changedBy[T object.Object](f func(o, old T) bool) func(o, old object.Object) bool {
	return kind.ChangedBy(f)
}

func withFields[T object.Object](base func(object.Object) fields.Set, add func(o T, set fields.Set)) func(object.Object) fields.Set {
	return kind.WithFields(base, add)
}

func containsSlash(s string) bool { return strings.Contains(s, "/") }

func itoa(n int32) string { return strconv.Itoa(int(n)) }

func sameText(a, b *string) bool { return kind.SamePointed(a, b) }

var spec = field.NewPath("spec")

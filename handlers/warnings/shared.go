package warnings

import (
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// This file has the former names of what has moved to handlers/kinds/kind.

var (
	oldLabels      = kind.OldLabels
	selectorLabels = kind.SelectorLabels
	balancers      = kind.BalancerWarnings
	hostname       = kind.HostnameWarning
	said           = kind.Said
)

func keys[V any](m map[string]V) []string { return kind.SortedKeys(m) }

var (
	podSpec   = podspec.Warnings
	claimSpec = podspec.ClaimWarnings
)

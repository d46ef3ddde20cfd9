package certificates

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestTrustBundles(t *testing.T) {
	const empty = `spec.trustBundle: Invalid value: "<value omitted>": at least one trust anchor must be provided`
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1beta1", Resource: "clustertrustbundles", Object: `{metadata: {name: "a:b"}}`, Want: []string{
			`metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name`, empty}},
		{Version: "v1beta1", Resource: "clustertrustbundles", Object: `{metadata: {name: "x.y:z:b"}, spec: {signerName: x.y/z}}`, Want: []string{empty}},
		{Version: "v1beta1", Resource: "clustertrustbundles", Object: `{metadata: {generateName: "x.y:", name: "x.y:z:b"}, spec: {signerName: x.y/z}}`, Want: []string{
			`metadata.generateName: Invalid value: "x.y:": ClusterTrustBundle for signerName x.y/z must be named with prefix x.y:z:`, empty}},
	})
}

package certificates

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are the original's.
func TestTrustBundles(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1beta1", Resource: "clustertrustbundles", Object: `{metadata: {name: "a:b"}}`, Want: []string{
			`metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name`}},
		{Version: "v1beta1", Resource: "clustertrustbundles", Object: `{metadata: {name: "x.y:z:b"}, spec: {signerName: x.y/z}}`},
	})
}

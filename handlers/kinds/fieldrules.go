package kinds

import (
	"sync"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apps"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/batch"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/node"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// FieldRules are all rules that tags of the generated types name: the general ones and those of the groups. They are joined
// when the first object is validated.
var FieldRules = sync.OnceValue(func() *validation.Rules {
	return validation.New(podspec.FieldRules, core.FieldRules, apps.FieldRules, batch.FieldRules, node.FieldRules)
})

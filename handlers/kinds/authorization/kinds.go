// Package authorization has the kinds of authorization.k8s.io: access reviews, which are not stored.
package authorization

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "authorization.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{localSubjectAccessReviews, selfSubjectAccessReviews, selfSubjectRulesReviews, subjectAccessReviews}

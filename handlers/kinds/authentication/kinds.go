// Package authentication has the kinds of authentication.k8s.io: questions about who one is. None is kept.
package authentication

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "authentication.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{selfSubjectReviews, tokenReviews}

// Package authentication has the kinds of authentication.k8s.io: token and subject reviews, which are not stored.
package authentication

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "authentication.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{selfSubjectReviews, tokenReviews}

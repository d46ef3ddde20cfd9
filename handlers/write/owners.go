package write

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// afterAdmission is added to the warning when the duplicate owners come from admission.
const afterAdmission = " after mutating admission happens"

// uniqueOwners drops duplicate owner references and warns of them.
func uniqueOwners(a *resource.Attempt, o object.Object, when string) {
	kept, twice := unique(o.GetOwnerReferences())
	if len(twice) == 0 {
		return
	}
	a.Warn(".metadata.ownerReferences contains duplicate entries" + when + "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: " + strings.Join(twice, ", "))
	o.SetOwnerReferences(kept)
}

// ownerKey is all of an owner reference. References with equal keys are semantically equal.
type ownerKey struct {
	metav1.OwnerReference // without pointers
	controller, block     byte
}

func keyOf(ref metav1.OwnerReference) ownerKey {
	k := ownerKey{controller: tristate(ref.Controller), block: tristate(ref.BlockOwnerDeletion)}
	ref.Controller, ref.BlockOwnerDeletion = nil, nil
	k.OwnerReference = ref
	return k
}

func tristate(b *bool) byte {
	switch {
	case b == nil:
		return 0
	case *b:
		return 1
	}
	return 2
}

// unique returns the references without duplicates, and the uids of the duplicates.
func unique(refs []metav1.OwnerReference) (kept []metav1.OwnerReference, twice []string) {
	seen := make(map[ownerKey]bool, len(refs))
	for _, ref := range refs {
		k := keyOf(ref)
		if seen[k] {
			twice = append(twice, string(ref.UID))
			continue
		}
		seen[k] = true
		kept = append(kept, ref)
	}
	return kept, twice
}

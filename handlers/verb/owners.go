package verb

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// uniqueOwners drops owners that are named twice and tells the writer. A patch is only looked at after admission, as it
// has no body of its own before.
func (w *write) uniqueOwners(o object.Object, admitted bool) {
	if !admitted && w.r.Info.Verb == "patch" {
		return
	}
	kept, twice := unique(o.GetOwnerReferences())
	if len(twice) == 0 {
		return
	}
	when := ""
	if admitted {
		when = " after mutating admission happens"
	}
	w.r.Writer.Warn(".metadata.ownerReferences contains duplicate entries" + when + "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: " + strings.Join(twice, ", "))
	o.SetOwnerReferences(kept)
}

// unique are the references without those that an earlier one equals, and the uids of the others.
func unique(refs []metav1.OwnerReference) (kept []metav1.OwnerReference, twice []string) {
	for i := range refs {
		same := false
		for j := range kept {
			same = same || kept[j].UID == refs[i].UID && equality.Semantic.DeepEqual(kept[j], refs[i])
		}
		if same {
			twice = append(twice, string(refs[i].UID))
		} else {
			kept = append(kept, refs[i])
		}
	}
	return kept, twice
}

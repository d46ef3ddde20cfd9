package write

import "k8s.io/apimachinery/pkg/util/rand"

const (
	// randomLength is how many random characters a generated name ends with.
	randomLength = 5
	// maxGenerated is what remains of a generateName so that the name stays a DNS label of 63 characters.
	maxGenerated = 63 - randomLength
	// nameAttempts is how often a generated name that exists already is made anew.
	nameAttempts = 8
)

// generateName makes a name that nobody is likely to have taken.
func generateName(base string) string {
	if len(base) > maxGenerated {
		base = base[:maxGenerated]
	}
	return base + rand.String(randomLength)
}

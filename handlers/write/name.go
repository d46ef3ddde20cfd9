package write

import "k8s.io/apimachinery/pkg/util/rand"

const (
	// randomLength is the length of the random suffix.
	randomLength = 5
	// maxGenerated is what remains of a generateName so that the name stays a DNS label of 63 characters.
	maxGenerated = 63 - randomLength
	// nameAttempts is the number of attempts when generated names exist already.
	nameAttempts = 8
)

// generateName appends a random suffix to a generateName.
func generateName(base string) string {
	if len(base) > maxGenerated {
		base = base[:maxGenerated]
	}
	return base + rand.String(randomLength)
}

package podspec

// A response has at most 4,096 runes of warnings, 256 of each when they are cut. Warnings beyond these bounds never reach the
// client.
const (
	mostSentences = 4096
	mostText      = 64 << 10
	mostOfOne     = 1024
)

// budget bounds the number of warnings about pairs of elements, which is quadratic in the length of a list.
type budget struct{ sentences, text int }

func newBudget() *budget { return &budget{mostSentences, mostText} }

func (b *budget) spent() bool { return b.sentences <= 0 || b.text <= 0 }

// take counts a warning.
func (b *budget) take(sentence string) string {
	b.sentences--
	b.text -= min(len(sentence), mostOfOne)
	return sentence
}

package podspec

// A client gets 4,096 runes of warnings, and of long ones 256 runes each. These are so many that what comes after them
// never reaches it.
const (
	mostSentences = 4096
	mostText      = 64 << 10
	mostOfOne     = 1024
)

// budget bounds the sentences about pairs of a list's elements, of which there are as many as the square of the list.
type budget struct{ sentences, text int }

func newBudget() *budget { return &budget{mostSentences, mostText} }

func (b *budget) spent() bool { return b.sentences <= 0 || b.text <= 0 }

// take counts a sentence.
func (b *budget) take(sentence string) string {
	b.sentences--
	b.text -= min(len(sentence), mostOfOne)
	return sentence
}

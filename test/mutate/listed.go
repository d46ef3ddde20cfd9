package mutate

import (
	"fmt"
	"os"
	"regexp"

	"sigs.k8s.io/yaml"
)

// listed is a difference that is known, with its reason.
type listed struct {
	// Case is matched with the name of a case: subject, mode and change.
	Case string `json:"case"`
	// Text is matched with the difference, if it is set.
	Text   string `json:"text"`
	Reason string `json:"reason"`

	caseRE, textRE *regexp.Regexp
	used           int
}

func readListed(file string) ([]*listed, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading listed differences: %w", err)
	}
	var out []*listed
	if err := yaml.UnmarshalStrict(b, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, l := range out {
		if l.Reason == "" || l.Case == "" {
			return nil, fmt.Errorf("%s: %q has no case or no reason", file, l.Case)
		}
		if l.caseRE, err = regexp.Compile(l.Case); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if l.textRE, err = regexp.Compile("(?s)" + l.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return out, nil
}

// known is the entry for a difference, nil when there is none.
func known(list []*listed, name, text string) *listed {
	for _, l := range list {
		if l.caseRE.MatchString(name) && l.textRE.MatchString(text) {
			l.used++
			return l
		}
	}
	return nil
}

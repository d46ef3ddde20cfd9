package patch

import (
	"bytes"
	"cmp"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// Configuration is the body of a server-side apply, read.
type Configuration struct {
	Content map[string]any
	body    []byte
	// strict: no key stands twice in it.
	strict bool
}

// ReadConfiguration reads YAML or JSON. What is neither is a 400 in upstream's words.
func ReadConfiguration(body []byte) (*Configuration, error) {
	c := &Configuration{Content: map[string]any{}, body: body}
	// JSON is YAML, which its own parser reads ten times as fast.
	if bytes.HasPrefix(body, []byte("{")) && codec.CheckWeight(body, c.Content) == nil {
		if twice, err := json.UnmarshalStrict(body, &c.Content); err == nil {
			c.strict = len(twice) == 0
			return c, nil
		}
		c.Content = map[string]any{}
	}
	err := codec.CheckYAML(body)
	if err == nil {
		err = c.readYAML()
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding YAML: %v", err))
	}
	return c, nil
}

// readYAML reads numbers as JSON's parser does. What is wrong is said by the parser that upstream reads YAML with.
func (c *Configuration) readYAML() error {
	text, err := yaml.YAMLToJSON(c.body)
	if err == nil {
		err = utiljson.Unmarshal(text, &c.Content)
	}
	if err != nil {
		return cmp.Or(yaml.Unmarshal(c.body, &map[string]any{}), err)
	}
	return nil
}

// CheckStrict tells of keys that stand twice: by an error for the fieldValidation Strict, by warnings for others but Ignore. It
// comes after the apply, whose own errors are told first.
func (c *Configuration) CheckStrict(validation string) (warnings []string, err error) {
	if c.strict || validation == metav1.FieldValidationIgnore {
		return nil, nil
	}
	err = yaml.UnmarshalStrict(c.body, &map[string]any{})
	switch {
	case err == nil:
		return nil, nil
	case validation == metav1.FieldValidationStrict:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error strict decoding YAML: %v", err))
	}
	return codec.YAMLWarnings(err.Error()), nil
}

package verb

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// continueToken says where a list goes on: upstream's form, so that a list begun at one server can be continued at
// another on the same store.
type continueToken struct {
	APIVersion string `json:"v"`
	Revision   int64  `json:"rv"`
	// Start is the first key to return, without the prefix of the collection.
	Start string `json:"start"`
}

const continueVersion = "meta.k8s.io/v1"

// after is the first key that can follow key.
func after(key string) string { return key + "\x00" }

// encodeContinue makes the token for a list that goes on with the key from.
func encodeContinue(from, prefix string, revision int64) (string, error) {
	start, found := strings.CutPrefix(from, prefix)
	if !found {
		return "", fmt.Errorf("key %q is not below %q", from, prefix)
	}
	b, err := json.Marshal(continueToken{APIVersion: continueVersion, Revision: revision, Start: start})
	if err != nil {
		return "", fmt.Errorf("encoding the continue token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// decodeContinue gives the key and the revision that a token stands for. A key that leaves the collection is refused: the
// token comes from the client, and authorization was for the collection only.
func decodeContinue(token, prefix string) (from string, revision int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", 0, invalidContinue(err)
	}
	var t continueToken
	if err := json.Unmarshal(b, &t); err != nil {
		return "", 0, invalidContinue(err)
	}
	switch {
	case t.APIVersion != continueVersion:
		return "", 0, apierrors.NewBadRequest(fmt.Sprintf("invalid continue token: continue key is not valid: server does not recognize this encoded version %v", t.APIVersion))
	case t.Revision == 0:
		return "", 0, apierrors.NewBadRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
	case t.Start == "":
		return "", 0, apierrors.NewBadRequest("invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
	}
	// Upstream's cache gives tokens that begin with a slash, its store such that do not.
	start := strings.TrimPrefix(t.Start, "/")
	if path.Clean("/"+start) != "/"+start {
		return "", 0, apierrors.NewBadRequest(fmt.Sprintf("invalid continue token: continue key is not valid: %s", t.Start))
	}
	return prefix + start, t.Revision, nil
}

func invalidContinue(err error) error {
	return apierrors.NewBadRequest(fmt.Sprintf("invalid continue token: continue key is not valid: %v", err))
}

package authn

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// readCredentials reads a CSV file with the columns secret, user name, uid and, quoted, comma-separated groups. kind and
// secret name it in errors. Lines without a secret are passed over.
func readCredentials(path, kind, secret string, take func(secret string, user resource.UserInfo)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s file: %w", kind, err)
	}
	defer f.Close()
	return parseCredentials(f, path, kind, secret, take)
}

func parseCredentials(text io.Reader, path, kind, secret string, take func(secret string, user resource.UserInfo)) error {
	r := csv.NewReader(text)
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s file %s: %w", kind, path, err)
		}
		line, _ := r.FieldPos(0)
		if len(record) < 3 {
			return fmt.Errorf("%s file %s, line %d: need at least 3 columns (%s, user name, user uid), found %d", kind, path, line, secret, len(record))
		}
		if record[0] == "" {
			continue
		}
		user := resource.UserInfo{Name: record[1], UID: record[2]}
		if len(record) > 3 {
			for g := range strings.SplitSeq(record[3], ",") {
				if g = strings.TrimSpace(g); g != "" {
					user.Groups = append(user.Groups, g)
				}
			}
		}
		take(record[0], user)
	}
}

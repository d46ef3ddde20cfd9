package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/clients"
	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// clientFiles makes the generated files of the clients. The Go client's types are those of the server, which gen has already.
func clientFiles(m spec.Model, gen output, describe bool) (output, error) {
	var words clients.Words
	if describe {
		var err error
		if words, err = clients.LinkedWords(m); err != nil {
			return nil, err
		}
	}
	types, deepCopies := map[string]string{}, map[string]string{}
	for file := range m {
		for name, into := range map[string]map[string]string{"types.gen.go": types, "deepcopy.gen.go": deepCopies} {
			into[file] = strings.TrimPrefix(string(gen["types/"+file+"/"+name]), header)
		}
	}
	return clients.Files(clients.Build(m, words), types, deepCopies)
}

// syncClients writes the files into the folder of the clients. What lies there and was generated once, which its first line
// says, is removed; everything else is somebody's work.
func (o output) syncClients(dir string) error {
	for _, root := range clients.Roots {
		root = filepath.Join(dir, filepath.FromSlash(root))
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == root {
				return filepath.SkipAll
			}
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			if _, keep := o[filepath.ToSlash(rel)]; keep {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			first, _, _ := bytes.Cut(b, []byte("\n"))
			if !bytes.Contains(first, []byte(clients.Header)) {
				return nil
			}
			return os.Remove(path)
		})
		if err != nil {
			return err
		}
	}
	if err := o.write(dir); err != nil {
		return err
	}
	for _, root := range clients.Roots {
		if err := removeEmptyDirs(filepath.Join(dir, filepath.FromSlash(root))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

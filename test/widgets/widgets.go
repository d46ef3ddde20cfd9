// Package widgets makes a copy of the project with one resource more: widgets.example.dev/v1, stated in one file. It is the
// proof that adding a resource takes a file and a run of the generator, and nothing else.
package widgets

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Spec is the file that adds the resource: openapi/widgets/v1.yaml.
//
//go:embed widgets.yaml
var Spec []byte

// Module copies the module at root into dir, adds Spec to its model and runs the generator there. Afterwards dir is a module
// of its own that builds, with widgets in it and in its clients. gen/ is not copied, so that what is there was generated there.
func Module(root, dir string) error {
	if err := copySources(root, dir); err != nil {
		return fmt.Errorf("copy of the module: %w", err)
	}
	file := filepath.Join(dir, "openapi", "widgets", "v1.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, Spec, 0o644); err != nil {
		return err
	}
	return Go(dir, "run", "-trimpath", "./cmd/specgen")
}

// Go runs the go command in dir. Its error has what the command printed.
func Go(dir string, args ...string) error {
	command := exec.Command("go", args...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// sources are the folders that the module builds from; its root has the two module files.
var sources = []string{"clients", "cmd", "handlers", "openapi"}

// left are folders in which tools keep what they have made; they can be large.
var left = map[string]bool{"testdata": true, "node_modules": true, ".venv": true, "target": true, "dist": true, "build": true, "__pycache__": true}

func copySources(root, dir string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(root, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for _, top := range sources {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && left[d.Name()] {
				return filepath.SkipDir
			}
			if !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return copyFile(path, filepath.Join(dir, rel))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

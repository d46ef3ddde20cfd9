package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

//go:embed templates
var templates embed.FS

// nothing replaces a built-in template of oapi-codegen by no output: text/template ignores a redefinition that is empty, and
// oapi-codegen takes one without a line break for a file name.
const nothing = `{{- "" -}}` + "\n"

// writeTypes runs oapi-codegen once per file: the Go types of its schemas into types/<file>, one route line per operation
// into routes/.
func writeTypes(m spec.Model, out output) error {
	documents := map[string][]byte{}
	for file, d := range m {
		expanded := document(d, codegenPaths(m, d))
		addRules(m, d, expanded)
		b, err := json.Marshal(expanded)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		documents[file] = b
	}
	for _, file := range slices.Sorted(maps.Keys(m)) {
		if file == "meta/v1" { // apimachinery's own types
			continue
		}
		doc, err := loadDocument(documents, file)
		if err != nil {
			return fmt.Errorf("openapi/%s.yaml: %w", file, err)
		}
		types, err := generate(m, doc, path.Base(file), codegen.GenerateOptions{Models: true})
		if err != nil {
			return fmt.Errorf("openapi/%s.yaml: types: %w", file, err)
		}
		if err := out.goFile("types/"+file+"/types.gen.go", packageComment(file)+embedMeta(types)); err != nil {
			return err
		}
		if len(m[file].Resources) == 0 {
			continue
		}
		routes, err := generate(m, doc, "routes", codegen.GenerateOptions{EchoServer: true})
		if err != nil {
			return fmt.Errorf("openapi/%s.yaml: routes: %w", file, err)
		}
		_, routes, _ = strings.Cut(routes, "\n)\n") // only the registration counts: its imports are ours
		routes = strings.ReplaceAll(routes, "FILE", spec.Alias(file))
		if err := out.goFile("routes/"+strings.ReplaceAll(file, "/", "_")+".gen.go", "package routes\n\nimport \"net/http\"\n"+routes); err != nil {
			return err
		}
	}
	return writeRoutes(m, out)
}

// loadDocument parses one expanded document; the others are found by the relative references between files.
func loadDocument(documents map[string][]byte, file string) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, location *url.URL) ([]byte, error) {
		b, ok := documents[strings.TrimSuffix(strings.TrimPrefix(location.Path, "/"), ".yaml")]
		if !ok {
			return nil, fmt.Errorf("no such file: %s", location.Path)
		}
		return b, nil
	}
	return loader.LoadFromURI(&url.URL{Path: file + ".yaml"})
}

// generate runs oapi-codegen on one document. Where the templates of oapi-codegen would write an interface and a wrapper for
// each operation, ours write a line.
func generate(m spec.Model, doc *openapi3.T, pkg string, what codegen.GenerateOptions) (string, error) {
	mapping := map[string]string{}
	for file := range m {
		if file != "meta/v1" {
			mapping["../"+file+".yaml"] = modulePath + "/gen/types/" + file
		}
	}
	own := map[string]string{
		"echo/echo-interface.tmpl": nothing,
		"echo/echo-wrappers.tmpl":  nothing,
		"param-types.tmpl":         nothing,
		"request-bodies.tmpl":      nothing,
	}
	for name, file := range map[string]string{
		"typedef.tmpl":            "typedef.tmpl",
		"imports.tmpl":            "imports.tmpl",
		"echo/echo-register.tmpl": "echo-register.tmpl",
	} {
		b, err := templates.ReadFile("templates/" + file)
		if err != nil {
			return "", err
		}
		own[name] = string(b)
	}
	source, err := codegen.Generate(doc, codegen.Configuration{
		PackageName:   pkg,
		Generate:      what,
		ImportMapping: mapping,
		OutputOptions: codegen.OutputOptions{
			SkipPrune: true, SkipEnumValidate: true, PreferSkipOptionalPointer: true, SkipFmt: true, UserTemplates: own,
		},
	})
	if err != nil {
		return "", err
	}
	return renameImports(dropImports(source)), nil
}

// packageComment introduces a generated package of types.
func packageComment(file string) string {
	return fmt.Sprintf("// Package %s has the Go types of openapi/%s.yaml.\n", path.Base(file), file)
}

var (
	typeMetaFields   = regexp.MustCompile("(?m)^\\s*Kind\\s+string\\s*`json:\"kind,omitempty\"`\\n\\s*APIVersion\\s+string\\s*`json:\"apiVersion,omitempty\"`\\n")
	objectMetaField  = regexp.MustCompile("(?m)^\\s*(?:Object|List)Meta\\s+(metav1\\.(?:Object|List)Meta)\\s*`(json:\"metadata(?:,omitempty)?\")`\\n")
	importLine       = regexp.MustCompile(`(?m)^\t(?:(\w+) )?"([^"]+)"\n`)
	externalRefAlias = regexp.MustCompile(`(externalRef\d+) "` + modulePath + `/gen/types/([^"]+)"`)
)

// embedMeta embeds TypeMeta, ObjectMeta and ListMeta where oapi-codegen writes ordinary fields: embedding gives every kind
// the accessors that make it a runtime.Object and a metav1.Object, and leaves its JSON as it is.
func embedMeta(source string) string {
	source = typeMetaFields.ReplaceAllString(source, "metav1.TypeMeta `json:\",inline\" validate:\"-\"`\n")
	return dropImports(objectMetaField.ReplaceAllString(source, "$1 `$2 validate:\"-\"`\n"))
}

// dropImports removes imports that nothing uses; goimports would do it ten times slower. The body is searched by the
// alias, so it must run before and not after aliases are renamed.
func dropImports(source string) string {
	head, body, found := strings.Cut(source, "\n)\n")
	if !found {
		return source
	}
	seen := map[string]bool{}
	head = importLine.ReplaceAllStringFunc(head+"\n", func(line string) string {
		match := importLine.FindStringSubmatch(line)
		alias := match[1]
		if alias == "" {
			alias = path.Base(match[2])
		}
		if seen[alias+match[2]] || !regexp.MustCompile(`\b`+alias+`\.[A-Z]`).MatchString(body) {
			return ""
		}
		seen[alias+match[2]] = true
		return line
	})
	return head + ")\n" + body
}

// renameImports gives oapi-codegen's numbered aliases the names of their packages: numbers would change in every file when
// a group is added.
func renameImports(source string) string {
	for _, match := range externalRefAlias.FindAllStringSubmatch(source, -1) {
		source = regexp.MustCompile(`\b`+match[1]+`\b`).ReplaceAllString(source, spec.Alias(match[2]))
	}
	return source
}

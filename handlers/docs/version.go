package docs

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strings"

	"k8s.io/apimachinery/pkg/version"
)

// GitVersion is the API level that is served and the name of this program. Clients parse it as a semantic version.
const GitVersion = "v1.36.3+gatehouse"

// Commit, TreeState and BuildDate say what was built; the Makefile sets them with -ldflags -X.
var (
	Commit    = ""
	TreeState = ""
	BuildDate = "1970-01-01T00:00:00Z"
)

// Info is what /version answers.
func Info() version.Info {
	return version.Info{
		Major: "1", Minor: "36",
		EmulationMajor: "1", EmulationMinor: "36",
		MinCompatibilityMajor: "1", MinCompatibilityMinor: "35",
		GitVersion: GitVersion, GitCommit: Commit, GitTreeState: TreeState, BuildDate: BuildDate,
		GoVersion: runtime.Version(), Compiler: runtime.Compiler, Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
}

// Version answers /version: always indented JSON, nothing else.
func Version(w http.ResponseWriter, r *http.Request) {
	media := []string{mediaJSON}
	switch {
	case strings.Trim(r.URL.Path, "/") != "version":
		writeStatus(w, r, notFound())
		return
	case r.Method != http.MethodGet:
		writeStatus(w, r, methodNotAllowed())
		return
	case !namesOne(r.Header.Get("Accept"), media):
		writeStatus(w, r, unknownRepresentation(media))
		return
	}
	body, err := json.MarshalIndent(Info(), "", "  ")
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Cache-Control", "no-cache, private")
	write(w, http.StatusOK, body)
}

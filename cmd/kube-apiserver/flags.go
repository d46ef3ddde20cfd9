package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// group is a heading of --help with its flags, in upstream's order of headings.
type group struct {
	name  string
	flags *pflag.FlagSet
}

// flagSets collects the groups.
type flagSets []group

// in is the flag set of a group, made when it is first asked for.
func (s *flagSets) in(name string) *pflag.FlagSet {
	for _, g := range *s {
		if g.name == name {
			return g.flags
		}
	}
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	f.SortFlags = true
	*s = append(*s, group{name, f})
	return f
}

// all joins the groups to what a command line is parsed with. Words with underscores are taken for those with dashes, as
// upstream does.
func (s flagSets) all() *pflag.FlagSet {
	f := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	f.Usage = func() {}
	f.SetOutput(io.Discard)
	for _, g := range s {
		f.AddFlagSet(g.flags)
	}
	return f
}

// help prints the groups.
func (s flagSets) help(w io.Writer) {
	fmt.Fprint(w, "Gatehouse serves the Kubernetes API: a drop-in kube-apiserver.\n\nUsage:\n  kube-apiserver [flags]\n\nWithout flags it starts a complete server with its data in ./gatehouse-data.\n")
	for _, g := range s {
		if g.flags.HasAvailableFlags() {
			fmt.Fprintf(w, "\n%s flags:\n\n%s", strings.ToUpper(g.name[:1])+g.name[1:], g.flags.FlagUsagesWrapped(110))
		}
	}
	fmt.Fprintf(w, "\nAccepted for the original's command lines, without effect in this version:\n\n  --%s\n", strings.Join(acceptedNames(), "\n  --"))
}

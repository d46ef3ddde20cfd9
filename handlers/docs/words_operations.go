package docs

const bearerWords = "A bearer token: the word Bearer, a space, and the token."

// actionWords describe an operation by its x-kubernetes-action.
var actionWords = map[string]string{
	"get":              "Read one KIND.",
	"list":             "List objects of kind KIND, or watch them.",
	"watch":            "Watch one KIND. Use the watch parameter of the list with a field selector instead.",
	"watchlist":        "Watch objects of kind KIND. Use the watch parameter of the list instead.",
	"post":             "Create a KIND.",
	"put":              "Replace a KIND.",
	"patch":            "Change parts of a KIND.",
	"delete":           "Delete a KIND.",
	"deletecollection": "Delete all objects of kind KIND that the selectors choose.",
	"connect":          "Connect with METHOD, options as in KIND.",
}

// pathWords describe the paths that are not of a resource.
var pathWords = map[string]string{
	"/version/":                          "Which server this is.",
	"/.well-known/openid-configuration/": "Who issues service account tokens and where its keys are.",
	"/openid/v1/jwks/":                   "The keys that service account tokens are checked with.",
}

// parameterWords describe a parameter by its name.
var parameterWords = map[string]string{
	"allowWatchBookmarks": "With watch: send BOOKMARK events now and then, which carry no object but a resourceVersion to continue from.",
	"command":             "The command to run, one parameter for each word. It is not run in a shell.",
	"container":           "The container; the only one of the pod when it is left out.",
	"continue":            "The token from metadata.continue of the last page, to read the next one with otherwise equal parameters. It expires.",
	"dryRun":              "With All the request goes through every stage but the last: nothing is stored.",
	"fieldManager":        "The name under which the fields that this request sets are remembered. Required for apply.",
	"fieldSelector":       "Only objects whose fields have these values, such as metadata.name=a. Resources differ in the fields that they can select by.",
	"fieldValidation":     "What happens to unknown and doubled fields: Ignore drops them, Warn drops them and sends a warning, Strict refuses the request.",
	"follow":              "Keep the connection open and send the log as it is written.",
	"force":               "With apply: take fields over from other managers instead of failing with a conflict.",
	"gracePeriodSeconds":  "How long the object may take to end by itself; 0 is at once. Left out, the kind's own period.",
	"ignoreStoreReadErrorWithClusterBreakingPotential": "Delete an object although its stored form cannot be read, without finalizers or preconditions. Dangerous.",
	"insecureSkipTLSVerifyBackend":                     "Do not check the certificate of the kubelet that has the log.",
	"labelSelector":                                    "Only objects whose labels match, such as app=web,tier!=cache.",
	"limit":                                            "At most this many objects; metadata.continue of the answer leads to the rest.",
	"limitBytes":                                       "End after this many bytes of log.",
	"logpath":                                          "The path of the log.",
	"name":                                             "The name of the object.",
	"namespace":                                        "The namespace of the object.",
	"orphanDependents":                                 "Deprecated; use propagationPolicy. Whether objects that this one owns stay.",
	"path":                                             "The path to ask for behind the proxy.",
	"ports":                                            "The ports to forward.",
	"pretty":                                           "With true, JSON comes indented.",
	"previous":                                         "The log of the container's last run before this one.",
	"propagationPolicy":                                "What happens to objects that this one owns: Orphan keeps them, Background deletes them afterwards, Foreground before.",
	"resourceVersion":                                  "Read at, or watch from, this version. What it means for a list is said by resourceVersionMatch.",
	"resourceVersionMatch":                             "NotOlderThan or Exact: how resourceVersion applies to a list.",
	"sendInitialEvents":                                "With watch: first send the present state as ADDED events and then a bookmark.",
	"shardSelector":                                    "Only the objects of one shard of the collection.",
	"sinceSeconds":                                     "Only the log of the last so many seconds.",
	"stderr":                                           "Connect the standard error of the command.",
	"stdin":                                            "Connect the standard input of the command.",
	"stdout":                                           "Connect the standard output of the command.",
	"stream":                                           "Which output of the container: All, Stdout or Stderr.",
	"tailLines":                                        "Only so many lines from the end of the log.",
	"timeoutSeconds":                                   "End the request after this time, whatever it is doing.",
	"timestamps":                                       "Begin each line of the log with its time.",
	"tty":                                              "Give the command a terminal.",
	"watch":                                            "Send changes as they happen instead of a list; give resourceVersion to begin with.",
}

package docs

const apiregistration = "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1."

var apiregistrationWords = map[string]map[string]string{
	apiregistration + "APIService": {
		"":       "Names the server of one version of one group. Its own name is <version>.<group>.",
		"spec":   "Which group-version, and who serves it.",
		"status": "Whether it can be reached.",
	},
	apiregistration + "APIServiceList": {"": "A list of APIServices.", "items": "The APIServices."},
	apiregistration + "APIServiceSpec": {
		"":                      "Which group-version, and who serves it.",
		"caBundle":              "Certificates (PEM) that the server's certificate is checked with; the system's when it is left out.",
		"group":                 "The group.",
		"groupPriorityMinimum":  "Where the group stands among others: the highest comes first, equal ones by name.",
		"insecureSkipTLSVerify": "Do not check the server's certificate. Anybody on the way can then read and change everything.",
		"service":               "The service to forward requests to. Left out, this server serves the group-version itself.",
		"version":               "The version.",
		"versionPriority":       "Where the version stands inside its group: the highest comes first, equal ones by their number and maturity.",
	},
	apiregistration + "APIServiceStatus": {"": "Whether a group-version can be reached.", "conditions": "What is known of it."},
	apiregistration + "APIServiceCondition": {
		"":                   "One thing that is known of an APIService.",
		"type":               "What it is about: Available.",
		"status":             "True, False or Unknown.",
		"lastTransitionTime": "When the status last changed.",
		"reason":             "Why, in one word for programs.",
		"message":            "Why, for people.",
	},
	apiregistration + "ServiceReference": {
		"":          "A service of the cluster.",
		"namespace": "Its namespace.",
		"name":      "Its name.",
		"port":      "Its port; 443 when it is left out.",
	},
}

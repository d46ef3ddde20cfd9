package strategy

var workloads = map[key]entry{}
var others = map[key]entry{}
var statuses = map[key]entry{}

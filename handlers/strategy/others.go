package strategy

var others = map[key]entry{}
var statuses = map[key]entry{}

// Package house holds the rules of the repository as tests: what may import what, how large files and functions may
// grow, that every package says what it is for.
package house

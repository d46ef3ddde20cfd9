// Package e2e tests the server from outside, as its users see it: the real binary, and the real kubectl.
package e2e

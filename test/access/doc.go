// Package access tests from outside who gets into the server: every kind of credential at one running server, with real
// certificates, signed tokens and HTTPS peers, and what its audit log tells of it.
package access

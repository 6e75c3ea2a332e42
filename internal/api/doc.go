// Package api lists the members of the W3C's WebRTC API, with those that MDN describes beyond it, and says what becomes of
// each in a scenario. docs/api.md is generated from it.
package api

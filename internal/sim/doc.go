// Package sim runs a scenario: peers with pion's whole stack, the signaling between them, the script that calls their
// methods, the handlers that answer their events, and the judge that decides what was expected.
//
// It reads the time from package time and draws its own random numbers from named streams. In the guest both come from
// the deterministic machine; the same program also runs natively, in real time.
//
// A method of the API is one entry in methods.go, an event of pion one line in peer.go or channel.go, a kind of step one
// case in script.go.
package sim

// Package golden makes a recording into a text that people review and keep beside the scenario, and compares a run with it.
//
// The text holds what the session did: the steps, the API calls with their results, the events, what the descriptions say, which
// kinds of packets each peer sent, how each track did, the verdicts. It leaves out what the seed, the build of the guest or
// a single retransmission moves: addresses in memory, ports, credentials, fingerprints, synchronization sources, digests,
// counts of packets, what pion logs.
//
// What cannot be left out is compared with a tolerance (see [File.Compare]): times, and numbers that are written with a ~.
// So the text can be exact where people read it, and no boundary of a rounding can be crossed by a nanosecond.
//
// The order of lines counts within one lane: the script, the calls of a peer, the events of one state machine, of one data channel, of
// one track. Between lanes only the times do. pion starts a goroutine for nearly every event that it fires, and in which order
// those run that began at one instant changes when the guest is built anew: signalingstatechange before
// iceconnectionstatechange, or after it.
package golden

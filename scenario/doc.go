// Package scenario reads scenarios: files that describe a WebRTC session.
package scenario

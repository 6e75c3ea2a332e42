//go:build !linux

package main

// peakMemory returns the most memory that this process has had, in bytes; 0 where that is not known.
func peakMemory() int64 { return 0 }

// Command rtcsim runs, records, replays and checks WebRTC sessions described in scenario files.
package main

import "os"

func main() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

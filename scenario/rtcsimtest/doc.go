// Package rtcsimtest runs rtcsim's scenarios in the Go tests of a project.
//
//	func TestCall(t *testing.T) {
//		rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Seeds(50))
//	}
//
// # Cases
//
// A case is a scenario in one variant of its matrix, with one seed. Each is a subtest, named after the scenario's file, the variant
// and the seed, so that go test can pick it:
//
//	go test -run 'TestCall/call/nat=symmetric/seed=7$'
//
// The subtests run in parallel, as many at once as the flag -parallel says. All of them, and all tests of a package, share one machine, which is
// made when the first one needs it. With -short, only the first seed of each variant is run.
//
// # Failures
//
// A case fails where an expectation of the scenario does not hold, where its session is not as the golden recording beside the
// scenario says ([Golden]), where a second run gives other events ([Verify]), or where the run hits a limit. The test then says what was
// expected, in which line of which file, what was seen instead, what happened shortly before, and the commands that show it again.
//
// # Recordings
//
// The recording of a case that fails is kept: in the test's artifacts where go test has the flag -artifacts, else in the folder
// rtcsim-failures beside the test, or where [Keep] says. What passes leaves nothing. To look at a recording:
//
//	go run github.com/rtcsim/rtcsim/cmd/rtcsim inspect rtcsim-failures/TestCall/testdata/call.seed=7.rtcrec
//
// # Assertions in Go
//
// [Check] is called with the recording of each case, [Record] returns that of a single one. A recording has every call, event, state
// and packet of the session; see package [github.com/rtcsim/rtcsim/recorder].
//
// # What it needs
//
// The simulation is WebAssembly, which is built from the module of rtcsim that the project requires, and with the versions of
// pion that this one requires. That takes the go command, and a minute when it is first needed; after that, it
// comes from the user's cache directory, in which a CI job should keep the folder rtcsim.
package rtcsimtest

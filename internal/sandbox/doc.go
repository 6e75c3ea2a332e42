// Package sandbox is the deterministic machine: it runs the guest, which is the whole simulated session compiled to
// WebAssembly, and hands it its clock, its entropy and its input, and nothing else.
//
// A WebAssembly guest has one thread, no preemption, no clock and no randomness of its own. With a virtual clock that
// stands still while code runs and jumps to the next deadline when every goroutine sleeps, and with entropy from a
// seeded generator, a run is a function of the guest image and its input: the same bytes in give the same bytes out, on
// any machine and under any load.
//
//	image, err := sandbox.LoadImage(ctx, progress)   // builds the guest when its sources changed
//	machine, err := sandbox.NewMachine(ctx, image)   // compiles it to machine code, once
//	stats, err := machine.Run(ctx, sandbox.Run{Seed: 1, Input: input, Emit: write})
//
// One Machine serves any number of runs, side by side.
package sandbox

// Package suite runs many scenarios and says which of them do what they are expected to do.
//
// A [Case] is a scenario in one variant with one seed. [Select] makes the cases, a [Shard] takes a part of them, an [Executor]
// executes one and returns its [Result], and [Execute] executes all on all cores. Results go to a [Report], to a [JUnit] file,
// to GitHub's annotations and to people, while they come in and when all are there. Nothing in a result but its times depends on
// the machine, on the order of the runs, or on how many run at once.
package suite

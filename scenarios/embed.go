// Package scenarios is the library of scenarios that ships with rtcsim. A folder is a topic.
package scenarios

import "embed"

// Files holds the scenarios, and what they include, by their paths in this folder, such as "signaling/glare.yaml".
//
//go:embed */*
var Files embed.FS

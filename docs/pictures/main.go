// Command pictures makes the pictures of the inspector in this folder: it records sessions of the library, looks at them
// in tmux at three sizes, and draws what the terminal shows.
//
//	go run ./docs/pictures
//
// It needs tmux. An argument picks the pictures whose names begin with it.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/screen"
)

// A shot is a picture: what is looked at, and the keys that lead there.
type shot struct {
	name     string
	scenario string // of the library
	seeds    []int  // more than one are compared; none for that of the scenario
	lesson   bool
	light    bool
	flags    []string
	keys     []string // each is typed, or is the name of a key for tmux
	sizes    [][2]int // none for all
}

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 60}}

const connected = "kind:connection state:connected"

var shots = []shot{
	// An ordinary call, where it has connected.
	{name: "call", scenario: "media/call.yaml", keys: []string{"/", connected, "Enter"}},
	{name: "call-light", scenario: "media/call.yaml", light: true, keys: []string{"/", connected, "Enter"}, sizes: [][2]int{{120, 40}}},
	{name: "call-ascii", scenario: "media/call.yaml", flags: []string{"--ascii"}, keys: []string{"/", connected, "Enter"}, sizes: [][2]int{{120, 40}}},
	// MDN's example of close(), where the first state changes after close() was called.
	{name: "close", scenario: "closing/mdn-peerconnection-close.yaml", keys: []string{"/", "peer:alice kind:call method:close -channel:*", "Enter", "t", "BTab", "1"}},
	// Two peers behind symmetric NATs do not find each other.
	{name: "symmetric", scenario: "nat/symmetric-both.yaml", keys: []string{"/", "state:failed", "Enter"}},
	// A packet of a handshake, and the way that it took.
	{name: "packet", scenario: "media/call.yaml", keys: []string{"+", "/", "kind:packet-sent type:client-hello", "Enter", "BTab"}},
	// What loss does to a call.
	{name: "lossy", scenario: "media/call-lossy.yaml", keys: []string{"G", "k", "k", "BTab", "5", "z"}},
	// The state machine of a peer.
	{name: "machine", scenario: "media/call.yaml", keys: []string{"/", connected, "Enter", "Tab", "j", "j", "j", "Enter"}, sizes: [][2]int{{120, 40}, {200, 60}}},
	// Why two peers behind symmetric NATs do not find each other, and why nobody does without the TURN server that they need.
	{name: "why-symmetric", scenario: "nat/symmetric-both.yaml", keys: []string{"/", "kind:connection state:failed", "Enter", "n", "w"}},
	{name: "why-unreachable", scenario: "../internal/explain/testdata/connectivity/turn-down.yaml", keys: []string{"/", "kind:connection state:failed", "Enter", "n", "w"}},
	// Two seeds of a lossy call.
	{name: "comparison", scenario: "media/call-lossy.yaml", seeds: []int{1, 2}, keys: []string{"f", "f", "f"}},
	{name: "comparison-light", scenario: "media/call-lossy.yaml", seeds: []int{1, 2}, light: true, keys: []string{"d", "d"}, sizes: [][2]int{{120, 40}}},
	{name: "comparison-ascii", scenario: "media/call-lossy.yaml", seeds: []int{1, 2}, flags: []string{"--ascii"}, keys: []string{"d", "d"}, sizes: [][2]int{{120, 40}}},
	// What is written for other programs.
	{name: "export", scenario: "media/call.yaml", keys: []string{"/", connected, "Enter", "e", "Right", "Down", "Down"}, sizes: [][2]int{{80, 24}}},
	// A question of a lesson.
	{name: "lesson", scenario: "signaling/glare", lesson: true, keys: []string{"Enter", "Enter"}},
	{name: "keys", scenario: "media/call.yaml", keys: []string{"?"}, sizes: [][2]int{{80, 24}, {120, 40}}},
}

func main() {
	if err := draw(strings.Join(os.Args[1:], " ")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// draw makes the pictures whose names begin with a prefix.
func draw(prefix string) error {
	folder, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "rtcsim")
	if _, err := run("go", "build", "-o", program, "./cmd/rtcsim"); err != nil {
		return err
	}
	for _, s := range shots {
		if !strings.HasPrefix(s.name, prefix) {
			continue
		}
		if err := s.draw(folder, program); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// draw makes the pictures of a shot.
func (s shot) draw(folder, program string) error {
	command := []string{program, "learn", s.scenario}
	if !s.lesson {
		command = []string{program, "inspect"}
		name := strings.TrimSuffix(filepath.Base(s.scenario), ".yaml")
		if len(s.seeds) == 0 {
			recording, err := record(program, s.scenario, filepath.Join(folder, name+".rtcrec"))
			if err != nil {
				return err
			}
			command = append(command, filepath.Base(recording))
		}
		for _, seed := range s.seeds {
			recording, err := record(program, s.scenario, filepath.Join(folder, fmt.Sprintf("%s-%d.rtcrec", name, seed)), "--seed", fmt.Sprint(seed))
			if err != nil {
				return err
			}
			command = append(command, filepath.Base(recording))
		}
	}
	background, theme := "dark", screen.Dark
	if s.light {
		background, theme = "light", screen.Light
	}
	command = append(append(command, "--background", background), s.flags...)
	all := s.sizes
	if all == nil {
		all = sizes
	}
	for _, size := range all {
		name := fmt.Sprintf("%s-%dx%d.svg", s.name, size[0], size[1])
		text, err := s.capture(folder, command, size[0], size[1])
		if err != nil {
			return err
		}
		var picture bytes.Buffer
		if err := screen.Parse(text, size[0]).SVG(&picture, theme); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join("docs", "pictures", name), picture.Bytes(), 0o644); err != nil {
			return err
		}
		fmt.Println(name)
	}
	return nil
}

// record records a scenario, unless that was done for another picture. It may fail: that can be what is looked at.
func record(program, scenario, recording string, flags ...string) (string, error) {
	if _, err := os.Stat(recording); err == nil {
		return recording, nil
	}
	_, err := run(program, append([]string{"run", filepath.Join("scenarios", scenario), "-o", recording}, flags...)...)
	if _, missing := os.Stat(recording); missing != nil {
		return "", err
	}
	return recording, nil
}

// capture runs the inspector in tmux, presses the keys and returns what is there then.
func (s shot) capture(folder string, command []string, width, height int) (string, error) {
	// What the inspector remembers of another picture would be seen in this one.
	memory, err := os.MkdirTemp(folder, "memory")
	if err != nil {
		return "", err
	}
	socket := filepath.Join(memory, "tmux")
	tmux := func(args ...string) (string, error) {
		return run("tmux", append([]string{"-S", socket, "-f", os.DevNull}, args...)...)
	}
	start := append([]string{"new-session", "-d", "-c", folder, "-x", fmt.Sprint(width), "-y", fmt.Sprint(height),
		"env", "TERM=xterm-256color", "NO_COLOR=", "COLORTERM="}, command...)
	if !s.lesson { // of which nothing is remembered, but which looks for the guest in the cache
		start = slices.Insert(start, len(start)-len(command), "XDG_CACHE_HOME="+memory)
	}
	if _, err := tmux(start...); err != nil {
		return "", err
	}
	defer tmux("kill-server")
	settled := func() (string, error) {
		return settle(func() (string, error) { return tmux("capture-pane", "-p", "-e") })
	}
	if _, err := settled(); err != nil {
		return "", err
	}
	for _, k := range s.keys {
		if _, err := tmux("send-keys", k); err != nil {
			return "", err
		}
		if _, err := settled(); err != nil {
			return "", err
		}
	}
	return settled()
}

// settle captures until the picture is there and stays as it is for half a second.
func settle(capture func() (string, error)) (string, error) {
	const pause, least = 100 * time.Millisecond, 5
	var last string
	same := 0
	for range 300 {
		text, err := capture()
		if err != nil {
			return "", err
		}
		switch {
		case !strings.Contains(text, "rtcsim") || text != last:
			same, last = 0, text
		default:
			same++
		}
		if same == least {
			return text, nil
		}
		time.Sleep(pause)
	}
	return "", fmt.Errorf("the screen does not come to rest:\n%s", last)
}

// run runs a program and returns what it prints.
func run(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	var out, errors bytes.Buffer
	c.Stdout, c.Stderr = &out, &errors
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errors.String())
	}
	return out.String(), nil
}

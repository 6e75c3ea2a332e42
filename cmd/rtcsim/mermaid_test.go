package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMermaid lets Mermaid's own parser read diagrams. The folder with its npm packages is in $MERMAID; .ci/run sees to that.
func TestMermaid(t *testing.T) {
	t.Parallel()
	packages := os.Getenv("MERMAID")
	if packages == "" {
		t.Skip("SKIPPED: $MERMAID does not name a folder with the npm packages mermaid and jsdom: npm install --prefix FOLDER mermaid jsdom")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIPPED: there is no node: apt-get install nodejs npm")
	}
	needGuest(t)
	dir := write(t, "nasty.yaml", nasty)
	everything := "calls,events,states,signaling,packets,network,candidates,every-packet,nats,steps,notes,verdicts,log,remarks"
	var diagrams []string
	for _, test := range []struct{ scenario, show string }{
		{"nasty.yaml", ""},
		{"nasty.yaml", everything},
		{"nat/symmetric-both", ""},
		{"nat/symmetric-with-turn", "packets,nats"},
		{"data-channels/unreliable-lossy", ""},
		{"media/call", everything}, // is cut off
		{"signaling/lossy", ""},
		{"bugs/graceful-close-in-gathering", ""},
	} {
		recording := strings.ReplaceAll(test.scenario, "/", "-") + ".rtcrec"
		diagram := strings.ReplaceAll(recording, ".rtcrec", "-"+strings.ReplaceAll(test.show, ",", "-")+".mmd")
		if _, err := os.Stat(filepath.Join(dir, recording)); err != nil {
			rtcsim(t, dir, "run", test.scenario, "-o", recording).want(t, exitOK, "", "")
		}
		args := []string{"export", recording, "--format", "mermaid", "-o", diagram}
		if test.show != "" {
			args = append(args, "--show", test.show)
		}
		rtcsim(t, dir, args...).want(t, exitOK, diagram, "")
		diagrams = append(diagrams, diagram)
	}
	// That the parser finds what is wrong is checked, too.
	if err := os.WriteFile(filepath.Join(dir, "wrong.mmd"), []byte("sequenceDiagram\n    alice-bob hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := absolute(t, "testdata/mermaid/parse.mjs")
	cmd := exec.Command("node", append([]string{script, absolute(t, packages)}, append(diagrams, "wrong.mmd")...)...)
	cmd.Dir = dir
	r := execute(t, cmd)
	for _, diagram := range diagrams {
		if !strings.Contains(r.stdout, diagram+": ok\n") {
			t.Errorf("Mermaid does not read %s", diagram)
		}
	}
	if strings.Contains(r.stdout, "wrong.mmd: ok\n") {
		t.Error("Mermaid reads what is none of its diagrams")
	}
	if t.Failed() {
		t.Logf("%v", r)
	}
}

// nasty has in its names and texts what Mermaid could take for its own.
const nasty = `name: '100% "nasty"; #35; <b>bold</b> & %%{init: {}}%% $$x$$'
limit: 3s
network:
  end: {nat: port-restricted, link: {delay: 20ms}}
peers: {loop: {network: end}, notes: {}, end2: {}}
signaling: {delay: 5ms}
steps:
  - loop: createDataChannel
    with: {label: "a;b#c\"d<e>&amp;f%%g` + "`" + `h end $$x^2$$ style: x #35; wrap: {} 😀 \u0007 loop"}
    as: chat
    note: |
      A **note**; with #9829;

      %% and lines
  - negotiate: loop -> notes
  - wait: loop.channels.chat.readyState == "open"
  - loop.chat: send
    with: {data: "x;y\n%%{init}%%\r\n<script>alert(1)</script> #9829; --> end"}
  - end2: setRemoteDescription
    with: {type: answer, sdp: "v=0\r\n; #"}
    rejects: OperationError
`

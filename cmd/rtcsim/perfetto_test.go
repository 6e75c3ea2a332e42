package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
)

// traceEvent has the members of the Trace Event Format that an export uses, and no others.
type traceEvent struct {
	Name  string          `json:"name"`
	Cat   string          `json:"cat"`
	Ph    string          `json:"ph"`
	Ts    json.Number     `json:"ts"`
	Dur   json.Number     `json:"dur"`
	PID   uint32          `json:"pid"`
	TID   uint32          `json:"tid"`
	ID    uint64          `json:"id"`
	Scope string          `json:"s"`
	BP    string          `json:"bp"`
	Args  json.RawMessage `json:"args"`
}

// nanoseconds reads a time in microseconds, which has at most three decimals.
func nanoseconds(t *testing.T, n json.Number) int64 {
	t.Helper()
	if n == "" {
		return 0
	}
	whole, decimals, _ := strings.Cut(n.String(), ".")
	ns, err := strconv.ParseInt(whole+(decimals + "000")[:3], 10, 64)
	if err != nil || len(decimals) > 3 || ns < 0 {
		t.Fatalf("no time in microseconds: %s", n)
	}
	return ns
}

// TestTraceViewer lets the trace viewer of Chrome, which Go ships for its own traces, import a trace.
func TestTraceViewer(t *testing.T) {
	t.Parallel()
	root := strings.TrimSpace(execute(t, exec.Command("go", "env", "GOROOT")).stdout)
	viewer := filepath.Join(root, "src/internal/trace/traceviewer/static")
	if _, err := os.Stat(viewer); err != nil {
		t.Skip("SKIPPED: this Go has no trace viewer: ", err)
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("SKIPPED: there is no browser: apt-get install chromium")
	}
	needGuest(t)
	dir := t.TempDir()
	rtcsim(t, dir, "run", "nat/symmetric-with-turn", "-o", "x.rtcrec").want(t, exitOK, "", "")
	rtcsim(t, dir, "export", "x.rtcrec", "--format", "perfetto").want(t, exitOK, "x.perfetto.json", "")

	files := http.FileServer(http.Dir(viewer))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, traceViewerPage)
		case "/trace.json":
			http.ServeFile(w, r, filepath.Join(dir, "x.perfetto.json"))
		default:
			files.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	r := execute(t, exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "browser"),
		"--virtual-time-budget=60000", "--dump-dom", server.URL))
	_, result, _ := strings.Cut(r.stdout, "<pre>")
	result, _, found := strings.Cut(result, "</pre>")
	if !found {
		t.Fatalf("the trace viewer has not come to an end: %v", r)
	}
	var imported struct {
		Warnings                    []string
		Flows, Slices, Counters     int
		Processes, UnnamedProcesses int
	}
	if err := json.Unmarshal([]byte(result), &imported); err != nil {
		t.Fatalf("%v: %s", err, result)
	}
	text, err := os.ReadFile(filepath.Join(dir, "x.perfetto.json"))
	if err != nil {
		t.Fatal(err)
	}
	slices, flows := 0, 0
	for _, e := range parseTrace(t, text) {
		switch e.Ph {
		case "X", "i":
			slices++
		case "f":
			flows++
		}
	}
	if len(imported.Warnings) > 0 {
		t.Errorf("the trace viewer warns: %v", imported.Warnings)
	}
	if imported.Slices != slices || imported.Flows != flows || imported.Counters == 0 || imported.Processes != 6 || imported.UnnamedProcesses != 0 {
		t.Errorf("the trace viewer has %+v; the trace has %d slices and %d flows in 6 processes", imported, slices, flows)
	}
}

// traceViewerPage imports a trace and shows in a <pre> what it has got.
const traceViewerPage = `<!doctype html><script src="/webcomponents.min.js"></script>
<link rel="import" href="/trace_viewer_full.html">
<script>
document.addEventListener('WebComponentsReady', async () => {
	const show = (text) => {
		const pre = document.createElement('pre');
		pre.textContent = text;
		document.body.appendChild(pre);
	};
	try {
		const model = new tr.Model();
		const options = new tr.importer.ImportOptions();
		options.pruneEmptyContainers = false;
		const trace = await (await fetch('/trace.json')).text();
		await new tr.importer.Import(model, options).importTraces([trace]);
		const processes = Object.values(model.processes);
		const sum = (list) => list.reduce((a, b) => a + b, 0);
		show(JSON.stringify({
			warnings: model.importWarnings.map((w) => w.message),
			flows: model.flowEvents.length,
			slices: sum(processes.map((p) => sum(Object.values(p.threads).map((t) => t.sliceGroup.length)))),
			counters: sum(processes.map((p) => Object.keys(p.counters).length)),
			processes: processes.length,
			unnamedProcesses: processes.filter((p) => !p.name).length,
		}));
	} catch (e) {
		show(String(e && e.stack || e));
	}
});
</script>`

// TestPerfetto checks traces against the Trace Event Format and against what Perfetto's importer drops or counts as an error
// (src/trace_processor/importers/json): it has no release for package registries that could be asked itself.
func TestPerfetto(t *testing.T) {
	t.Parallel()
	needGuest(t)
	for _, scenario := range []string{"media/call", "nat/symmetric-with-turn", "network/duplicates", "signaling/glare", "signaling/lossy"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			rtcsim(t, dir, "run", scenario, "-o", "x.rtcrec").want(t, exitOK, "", "")
			rtcsim(t, dir, "export", "x.rtcrec", "--format", "perfetto").want(t, exitOK, "x.perfetto.json", "")
			text, err := os.ReadFile(filepath.Join(dir, "x.perfetto.json"))
			if err != nil {
				t.Fatal(err)
			}
			events := parseTrace(t, text)
			checkTrace(t, events)
			checkTraceIsComplete(t, events, filepath.Join(dir, "x.rtcrec"))
		})
	}
}

// parseTrace reads a trace, every member of which it must know.
func parseTrace(t *testing.T, text []byte) []traceEvent {
	t.Helper()
	// The importer looks for the unit only in what comes before the events.
	if unit, events := bytes.Index(text, []byte(`"displayTimeUnit":"ms"`)), bytes.Index(text, []byte(`"traceEvents":[`)); unit < 0 || unit > events {
		t.Error("the time unit does not come before the events")
	}
	var trace struct {
		DisplayTimeUnit string            `json:"displayTimeUnit"`
		OtherData       map[string]string `json:"otherData"`
		TraceEvents     []traceEvent      `json:"traceEvents"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&trace); err != nil {
		t.Fatal(err)
	}
	return trace.TraceEvents
}

// checkTrace checks the rules.
func checkTrace(t *testing.T, events []traceEvent) {
	t.Helper()
	type slice struct{ from, to int64 }
	type flow struct {
		cat string
		id  uint64
	}
	processes := make(map[uint32]bool)
	threads := make(map[uint32]uint32) // their process
	named := make(map[uint32]bool)
	tracks := make(map[uint32][]slice)
	begun := make(map[flow]int64)
	wrong := 0
	fail := func(e traceEvent, why string) {
		if wrong++; wrong < 10 {
			t.Errorf("%s: %+v", why, e)
		}
	}
	for _, e := range events {
		at, dur := nanoseconds(t, e.Ts), nanoseconds(t, e.Dur)
		if e.Name == "" || e.PID == 0 || e.TID == 0 {
			fail(e, "no name, process or thread")
		}
		if p, known := threads[e.TID]; known && p != e.PID {
			fail(e, "two processes have a thread of this number")
		}
		threads[e.TID] = e.PID
		if len(e.Args) > 0 && e.Args[0] != '{' {
			fail(e, "arguments that are no object")
		}
		switch e.Ph {
		case "M":
			processes[e.PID] = processes[e.PID] || e.Name == "process_name"
			named[e.TID] = named[e.TID] || e.Name == "thread_name"
		case "X":
			if dur == 0 {
				fail(e, "a slice without a duration")
			}
			tracks[e.TID] = append(tracks[e.TID], slice{at, at + dur})
		case "i":
			if e.Scope != "t" {
				fail(e, "an instant of no thread")
			}
		case "C":
			var values map[string]float64
			if err := json.Unmarshal(e.Args, &values); err != nil || len(values) == 0 {
				fail(e, "a counter without numbers")
			}
		case "s":
			if _, twice := begun[flow{e.Cat, e.ID}]; twice || e.ID == 0 || e.Name != e.Cat {
				fail(e, "a flow that begins twice or has no number")
			}
			begun[flow{e.Cat, e.ID}] = at
		case "f":
		default:
			fail(e, "a phase that the export does not use")
		}
	}
	for _, e := range events {
		if !processes[e.PID] || e.Ph != "M" && e.Ph != "C" && !named[e.TID] {
			fail(e, "a process or thread without a name")
		}
	}
	for tid, list := range tracks {
		slices.SortFunc(list, func(a, b slice) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
		for i := 1; i < len(list); i++ {
			if a, b := list[i-1], list[i]; b.from < a.to && b.to > a.to {
				t.Errorf("slices of thread %d overlap: %v, %v", tid, a, b)
			}
		}
	}
	for _, e := range events {
		if e.Ph != "s" && e.Ph != "f" {
			continue
		}
		at := nanoseconds(t, e.Ts)
		track := tracks[e.TID]
		i, _ := slices.BinarySearchFunc(track, at+1, func(s slice, at int64) int { return cmp.Compare(s.from, at) })
		if i == 0 || track[i-1].to <= at {
			fail(e, "a flow that is in no slice")
		}
		if from, known := begun[flow{e.Cat, e.ID}]; e.Ph == "f" && (e.BP != "e" || !known || from > at) {
			fail(e, "a flow that ends without a beginning or before it, or at the next slice")
		}
	}
}

// checkTraceIsComplete checks that the trace has all packets, messages, calls and states of the recording.
func checkTraceIsComplete(t *testing.T, events []traceEvent, recording string) {
	t.Helper()
	r, err := recorder.Load(recording)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	<-r.Done()
	want, got := make(map[string]int), make(map[string]int)
	for _, count := range r.Kinds() {
		switch recorder.Kind(count.Name) {
		case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
			want["packet"] += count.Events
		case recorder.KindSignalSent, recorder.KindSignalDelivered, recorder.KindSignalDropped:
			want["signaling"] += count.Events
		case recorder.KindCall:
			want["call"] += count.Events
		case recorder.KindStep:
			want["step"] += count.Events
		}
	}
	for _, peer := range []string{"alice", "bob"} {
		for _, change := range r.Transitions(peer, r.Len()) {
			if change.To != "" {
				want["state"]++
			}
		}
	}
	flows := 0
	for _, e := range events {
		switch e.Ph {
		case "X", "i":
			got[e.Cat]++
		case "f":
			flows++
		}
	}
	for _, category := range []string{"packet", "signaling", "call", "step", "state"} {
		if got[category] != want[category] || want[category] == 0 && (category == "call" || category == "step" || category == "state") {
			t.Errorf("%d of category %s, the recording has %d", got[category], category, want[category])
		}
	}
	ends := 0
	for _, kind := range []recorder.Kind{recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindSignalDelivered, recorder.KindSignalDropped} {
		for _, count := range r.Kinds() {
			if count.Name == string(kind) {
				ends += count.Events
			}
		}
	}
	if flows != ends {
		t.Errorf("%d flows end, the recording has %d ends of packets and messages", flows, ends)
	}
}

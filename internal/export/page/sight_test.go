package page

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

var pictures = flag.String("pictures", "", "a folder to write pictures of the pages to")

const scenarios = "../../../scenarios/"

// TestSight opens pages from disk in a browser: a call, a connection that two symmetric NATs prevent, one that fails with texts that
// try to break out of the page, and one without ICE.
func TestSight(t *testing.T) {
	b := startBrowser(t)
	for _, test := range []struct {
		name, scenario string
		search         string
	}{
		{"call", scenarios + "media/call.yaml", "bob selectedcandidatepairchange"},
		{"symmetric", scenarios + "nat/symmetric-both.yaml", "filtered home"},
		{"hostile", "testdata/hostile.yaml", "alert(5)"},
		{"wrong-state", scenarios + "errors/wrong-state.yaml", "InvalidStateError"},
	} {
		t.Run(test.name, func(t *testing.T) {
			outer := b.t
			b.t = t
			defer func() { b.t = outer }()
			r := record(t, test.scenario)
			_, path := write(t, r)
			for _, width := range []int{1280, 390} {
				for _, scheme := range []string{"light", "dark"} {
					b.open(path, width, 900, scheme)
					b.fits(width)
					b.legible(scheme)
					if *pictures != "" {
						b.shoot(test.name, width, scheme)
					}
					b.quiet(path)
				}
			}

			// It counts what the recording has.
			b.open(path, 1280, 900, "light")
			var seen struct {
				Events, Rows, Verdicts, Lanes int
			}
			b.run(`({
				Events: Number(document.getElementById("count-events").textContent.replaceAll(",", "")),
				Rows: Number(document.getElementById("event-rows").getAttribute("aria-rowcount")) - 1,
				Verdicts: document.querySelectorAll(".verdicts li").length,
				Lanes: document.querySelectorAll("#lanes .segment").length,
			})`, &seen)
			kinds := make(map[recorder.Kind]int)
			for _, k := range r.Kinds() {
				kinds[recorder.Kind(k.Name)] = k.Events
			}
			if seen.Events != r.Len() || seen.Rows != r.Len() || seen.Verdicts != kinds[recorder.KindVerdict] || seen.Lanes == 0 {
				t.Errorf("the page has %+v; the recording %d events and %d verdicts", seen, r.Len(), kinds[recorder.KindVerdict])
			}

			// Filters leave what they say.
			var left int
			b.run(`(() => {
				for (const chip of document.querySelectorAll("#event-tools .chips button")) if (chip.textContent !== "Calls") chip.click();
				return Number(document.getElementById("event-rows").getAttribute("aria-rowcount")) - 1;
			})()`, &left)
			if want := kinds[recorder.KindCall] + kinds[recorder.KindReturn]; left != want {
				t.Errorf("%d calls and returns are shown, want %d", left, want)
			}
			b.run(`document.querySelectorAll("#event-tools .chips button").forEach(chip => { if (chip.textContent !== "Calls") chip.click(); })`, nil)

			// The search finds something, fewer than all, and keys lead from it to an event.
			b.run(`(() => { const q = document.getElementById("search"); q.focus(); q.value = `+quoted(test.search)+`; q.dispatchEvent(new Event("input")); })()`, nil)
			b.until(`document.getElementById("found").textContent.includes(" of ")`)
			b.run(`Number(document.getElementById("event-rows").getAttribute("aria-rowcount")) - 1`, &left)
			if left == 0 || left >= r.Len() {
				t.Errorf("%q finds %d of %d events", test.search, left, r.Len())
			}
			b.press("Enter")
			b.until(`!document.getElementById("detail").hidden && document.querySelector("#event-rows .row.at")`)
			b.press("Escape")
			b.until(`document.getElementById("detail").hidden`)

			// The switch outvotes the system.
			var ground []string
			b.run(`(() => {
				const list = [], button = document.getElementById("theme");
				for (let i = 0; i < 3; i++) { button.click(); list.push(button.textContent + " " + getComputedStyle(document.body).backgroundColor); }
				return list;
			})()`, &ground)
			if want := []string{"Light rgb(245, 246, 248)", "Dark rgb(20, 22, 26)", "Auto rgb(245, 246, 248)"}; quoted(ground) != quoted(want) {
				t.Errorf("the switch gives %v, want %v", ground, want)
			}

			// It can be printed.
			var pdf struct{ Data []byte }
			b.call("Page.printToPDF", map[string]any{"printBackground": true}, &pdf)
			if len(pdf.Data) < 10_000 {
				t.Errorf("the print has %d bytes", len(pdf.Data))
			}
			b.quiet(path)
		})
	}
}

// TestTools uses what a page has to look closer: the range of time, the moment of ICE, the comparison of descriptions, links to events.
func TestTools(t *testing.T) {
	b := startBrowser(t)
	r := record(t, scenarios+"nat/symmetric-both.yaml")
	_, path := write(t, r)
	b.open(path, 1280, 900, "light")
	b.run(`document.documentElement.style.scrollBehavior = "auto"`, nil)
	text := func(expression string) (text string) {
		b.run(expression, &text)
		return text
	}
	const shown = `document.querySelector(".tools.range .count").textContent`
	whole := text(shown)

	// Dragging across the states zooms into them, and into the charts.
	var box struct{ X, Y, W, H float64 }
	b.run(`(() => {
		document.getElementById("states").scrollIntoView();
		const r = document.querySelector("#lanes svg").getBoundingClientRect();
		return { X: r.left, Y: r.top, W: r.width, H: r.height };
	})()`, &box)
	mouse := func(kind string, x float64) {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": box.Y + 100, "button": "left", "buttons": 1, "clickCount": 1}, nil)
	}
	mouse("mousePressed", box.X+box.W/2)
	mouse("mouseMoved", box.X+box.W*0.6)
	mouse("mouseMoved", box.X+box.W*0.75)
	mouse("mouseReleased", box.X+box.W*0.75)
	if zoomed := text(shown); zoomed == whole {
		t.Errorf("dragged across, it still shows %s", zoomed)
	}
	b.run(`document.getElementById("lanes").focus()`, nil)
	b.run(`document.getElementById("lanes").dispatchEvent(new KeyboardEvent("keydown", { key: "0" }))`, nil)
	if again := text(shown); again != whole {
		t.Errorf("after 0, it shows %s, want %s", again, whole)
	}

	// The slider goes back to when there was no pair.
	const failed = `String(document.querySelectorAll("#ice-tables .pairs tbody tr").length)`
	if pairs := text(failed); pairs != "8" {
		t.Errorf("at the end there are %s pairs, want 4 of each peer", pairs)
	}
	b.run(`(() => { const slider = document.querySelector("#ice-tools input"); slider.value = 0; slider.dispatchEvent(new Event("input")); })()`, nil)
	if pairs := text(failed); pairs != "0" {
		t.Errorf("at the beginning there are %s pairs, want none", pairs)
	}

	// The answer differs from the offer; the lines that do not can be folded.
	var differ, all, folded int
	const lines = `document.querySelectorAll("#sdp-text .sdp div").length`
	b.run(`document.querySelectorAll("#sdp-text .new, #sdp-text .gone").length`, &differ)
	b.run(lines, &all)
	b.run(`document.querySelector("#sdp-tools button").click()`, nil)
	b.run(lines, &folded)
	if differ == 0 || folded >= all || folded < differ {
		t.Errorf("%d of %d lines differ, %d are left when the others are folded", differ, all, folded)
	}

	// What shows a cause is a link to its event, which all parts of the page then show.
	href := text(`(() => { const a = document.querySelector(".causes a"); a.click(); return a.getAttribute("href"); })()`)
	b.until(`document.querySelector("#event-rows .row.at")`)
	if want := "#event-" + text(`document.querySelector("#event-rows .row.at .n").textContent`); href != want {
		t.Errorf("the link to %s leads to %s", href, want)
	}
	if title := text(`document.querySelector("#detail header b").textContent`); !strings.HasPrefix(title, "#"+strings.TrimPrefix(href, "#event-")+" ") {
		t.Errorf("the link to %s shows %q", href, title)
	}
	b.quiet(path)
}

// TestBeginning opens recordings of which only the beginning is there: none of the events, and some.
func TestBeginning(t *testing.T) {
	b := startBrowser(t)
	call := record(t, scenarios+"media/call.yaml")
	for _, events := range []int{0, 60} {
		path := filepath.Join(t.TempDir(), "begun.rtcrec")
		w, err := recorder.Create(path, call.Header())
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= events; n++ {
			line, err := call.Raw(n)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Abandon(); err != nil {
			t.Fatal(err)
		}
		r := load(t, path+".part")
		_, page := write(t, r)
		b.open(page, 1280, 900, "light")
		var text string
		b.run(`document.querySelector(".badge").textContent + ", " + document.getElementById("found").textContent`, &text)
		if want := fmt.Sprintf("cut off, %d events", events); text != want {
			t.Errorf("the page says %q, want %q", text, want)
		}
		b.quiet(page)
	}
}

// TestLong opens a session of 100,000 events: it is there within 5 seconds, and scrolls.
func TestLong(t *testing.T) {
	b := startBrowser(t)
	const events = 100_000
	call := record(t, scenarios+"media/call.yaml")
	path := filepath.Join(t.TempDir(), "long.rtcrec")
	lengthen(t, call, path, events)
	r := load(t, path)
	if r.Len() != events {
		t.Fatalf("the recording has %d events", r.Len())
	}
	_, page := write(t, r)
	if info, err := os.Stat(page); err != nil || info.Size() > 16<<20 {
		t.Errorf("the page has %d bytes: nobody can mail that (%v)", info.Size(), err)
	} else {
		t.Logf("the page has %d bytes", info.Size())
	}
	b.open(page, 1280, 900, "light")
	var shown, complete float64
	b.run(`performance.getEntriesByName("shown")[0].startTime`, &shown)
	b.run(`performance.getEntriesByName("complete")[0].startTime`, &complete)
	t.Logf("shown after %.0f ms, complete after %.0f ms", shown, complete)
	if complete > 5000 {
		t.Errorf("it took %.0f ms until the page was complete", complete)
	}

	// Scrolled to anywhere, there are the rows of there, in the next frame.
	var scrolled struct {
		Wrong   []string
		Longest float64
	}
	b.run(`(async () => {
		const scroller = document.getElementById("event-rows"), result = { Wrong: [], Longest: 0 };
		for (let i = 0; i <= 100; i++) {
			const started = performance.now();
			scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * i / 100;
			await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
			result.Longest = Math.max(result.Longest, performance.now() - started);
			const numbers = [...scroller.querySelectorAll(".row:not(.head-row) .n")].map(e => Number(e.textContent));
			const expected = 1 + Math.floor(scroller.scrollTop / 28);
			if (numbers.length < 10 || Math.abs(numbers[0] - expected) > 1 || numbers.some((n, i) => n !== numbers[0] + i)) result.Wrong.push(i + " %: " + numbers);
			if (i === 100 && numbers.at(-1) !== `+quoted(events)+`) result.Wrong.push("the end: " + numbers);
		}
		return result;
	})()`, &scrolled)
	t.Logf("two frames took %.0f ms at most", scrolled.Longest)
	for _, wrong := range scrolled.Wrong {
		t.Errorf("scrolled to %s", wrong)
	}
	if scrolled.Longest > 500 {
		t.Errorf("two frames took %.0f ms", scrolled.Longest)
	}

	// A search in all of it is done while one types.
	var searched float64
	b.run(`(async () => {
		const q = document.getElementById("search"), found = document.getElementById("found"), started = performance.now();
		q.value = "nobody-says-this";
		q.dispatchEvent(new Event("input"));
		while (!found.textContent.startsWith("0 of")) await new Promise(resolve => setTimeout(resolve, 1));
		return performance.now() - started;
	})()`, &searched)
	t.Logf("a search took %.0f ms", searched)
	if searched > 2000 {
		t.Errorf("a search took %.0f ms", searched)
	}
	b.quiet(page)
}

// lengthen writes a recording that goes on as it began, up to so many events.
func lengthen(t *testing.T, r *recorder.Recording, path string, events int) {
	t.Helper()
	w, err := recorder.Create(path, r.Header())
	if err != nil {
		t.Fatal(err)
	}
	var media []recorder.Event // what is repeated: packets and reports of a second in the middle
	numbers := make(map[uint64]int)
	var last time.Duration
	write := func(e recorder.Event) {
		e.Check = ""
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	seq := uint64(0)
	from := r.Entry(r.Len()).Time / 2
	to := from + time.Second
	for n := 1; n <= r.Len(); n++ {
		e, err := r.Event(n)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == recorder.KindEnd || seq > 0 && n != int(seq)+1 {
			break
		}
		seq, last = e.Seq, e.Time
		write(e)
		switch e.Kind {
		case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindRTCP, recorder.KindMedia:
			if e.Time < from || e.Time >= to {
				break
			}
			_, known := numbers[e.Cause]
			if e.Kind == recorder.KindPacketDelivered && !known {
				break
			}
			numbers[e.Seq] = len(media)
			media = append(media, e)
		}
	}
	if len(media) == 0 {
		t.Fatalf("of %d events none are to be repeated", seq)
	}
	shift := last - from + time.Millisecond
	for int(seq) < events {
		now := make([]uint64, len(media))
		for i, e := range media {
			if int(seq) == events {
				break
			}
			seq++
			now[i] = seq
			e.Seq, e.Time = seq, e.Time+shift
			if e.Cause > 0 {
				e.Cause = now[numbers[e.Cause]]
			}
			write(e)
		}
		shift += to - from
	}
	if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed, Time: int64(shift + to)}); err != nil {
		t.Fatal(err)
	}
}

func quoted(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // these are texts and numbers
	}
	return string(text)
}

// press presses a key.
func (b *browser) press(key string) {
	b.t.Helper()
	params := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": map[string]int{"Enter": 13, "Escape": 27}[key]}
	b.call("Input.dispatchKeyEvent", params, nil)
	params["type"] = "keyUp"
	b.call("Input.dispatchKeyEvent", params, nil)
}

// fits fails the test if the page is wider than the window.
func (b *browser) fits(width int) {
	b.t.Helper()
	var wide []string
	b.run(`document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
		.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.className + "#" + e.id)`, &wide)
	if len(wide) > 0 {
		b.t.Errorf("at %d pixels the page is too wide: %v", width, wide[:min(len(wide), 5)])
	}
}

// legible fails the test if a colour of text has less contrast with what it stands on than WCAG 2 asks for at level AA.
func (b *browser) legible(scheme string) {
	b.t.Helper()
	var faint []string
	b.run(`(() => {
		const probe = document.createElement("span"), faint = [];
		document.body.append(probe);
		const luminance = name => {
			probe.style.color = name.includes("(") ? name : "var(--" + name + ")";
			const [, space, list] = getComputedStyle(probe).color.match(/^(rgb|color)\((?:srgb )?(.*)\)$/);
			const [r, g, b] = list.match(/[\d.]+/g).map(v => { v = v * (space === "rgb" ? 1 : 255); v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
			return .2126 * r + .7152 * g + .0722 * b;
		};
		const states = ["good", "bad", "warn", "change", "signal"];
		for (const ground of ["ground", "surface", "raised", "tint"]) {
			for (const ink of [...states, ...ground === "tint" ? [] : ["text", "dim", "link", "peer-0", "peer-1", "peer-2", "peer-3", "peer-4", "peer-5"]]) {
				// A state stands on its own colour, much thinned.
				const under = ground === "tint" ? "color-mix(in srgb, var(--" + ink + ") 16%, var(--surface))" : ground;
				const [a, b] = [luminance(ink), luminance(under)].sort((a, b) => b - a), contrast = (a + .05) / (b + .05);
				if (contrast < 4.5) faint.push(ink + " on " + ground + " " + contrast.toFixed(2));
			}
		}
		probe.remove();
		return faint;
	})()`, &faint)
	for _, pair := range faint {
		b.t.Errorf("%s: the contrast of %s is less than 4.5", scheme, pair)
	}
}

// shoot takes pictures of all sections.
func (b *browser) shoot(name string, width int, scheme string) {
	b.t.Helper()
	b.run(`document.documentElement.style.scrollBehavior = "auto"`, nil)
	for _, section := range []string{"overview", "sequence", "states", "charts", "ice", "sdp", "events", "scenario"} {
		b.run(`document.getElementById(`+quoted(section)+`).scrollIntoView()`, nil)
		b.until("true")
		b.picture(filepath.Join(*pictures, name+"-"+section+"-"+scheme+"-"+quoted(width)+".png"), false)
	}
}

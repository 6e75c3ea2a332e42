package page

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A browser is a headless Chromium, spoken to by the DevTools protocol over a pipe.
type browser struct {
	t       *testing.T
	session string
	to      *os.File

	mu       sync.Mutex
	next     int
	waiting  map[int]chan answer
	requests []string // the URLs that the page asked for
	problems []string // what it wrote to the console at warning or above, and its exceptions
	gone     chan struct{}
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startBrowser starts Chromium. The test is skipped where there is none.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: there is no Chromium to open the page in; install the package chromium")
	}
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--hide-scrollbars", "--force-color-profile=srgb", "--user-data-dir="+t.TempDir())
	cmd.ExtraFiles = []*os.File{in, out}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{t: t, to: to, waiting: make(map[int]chan answer), gone: make(chan struct{})}
	go b.listen(from)
	t.Cleanup(func() {
		b.call("Browser.close", nil, nil)
		to.Close()
		cmd.Wait()
		<-b.gone
		from.Close()
	})

	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.ID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// listen reads what Chromium says until it is gone.
func (b *browser) listen(from *os.File) {
	defer close(b.gone)
	in := bufio.NewReaderSize(from, 1<<16)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			for id, c := range b.waiting {
				delete(b.waiting, id)
				close(c)
			}
			return
		}
		var m struct {
			ID     int             `json:"id"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
			answer
		}
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if c := b.waiting[m.ID]; m.ID > 0 && c != nil {
			delete(b.waiting, m.ID)
			c <- m.answer
		}
		switch m.Method {
		case "Network.requestWillBeSent":
			var p struct {
				Request struct{ URL string }
			}
			json.Unmarshal(m.Params, &p)
			b.requests = append(b.requests, p.Request.URL)
		case "Runtime.exceptionThrown":
			b.problems = append(b.problems, string(m.Params))
		case "Log.entryAdded", "Runtime.consoleAPICalled":
			b.problems = append(b.problems, m.Method+": "+string(m.Params))
		}
		b.mu.Unlock()
	}
}

// call calls a method of the protocol and decodes its result.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	if params == nil {
		params = struct{}{}
	}
	b.mu.Lock()
	b.next++
	id, c := b.next, make(chan answer, 1)
	b.waiting[id] = c
	b.mu.Unlock()
	message := map[string]any{"id": id, "method": method, "params": params}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	select {
	case a, open := <-c:
		if !open {
			if method == "Browser.close" {
				return
			}
			b.t.Fatalf("%s: Chromium is gone", method)
		}
		if a.Error != nil {
			b.t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
	case <-time.After(time.Minute):
		b.t.Fatalf("%s: no answer from Chromium within a minute", method)
	}
}

// run evaluates an expression, awaits it if it is a promise, and decodes what it comes to.
func (b *browser) run(expression string, result any) {
	b.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	if r.Exception != nil {
		b.t.Fatalf("%s: %s %s", expression, r.Exception.Text, r.Exception.Exception.Description)
	}
	if result != nil {
		if err := json.Unmarshal(r.Result.Value, result); err != nil {
			b.t.Fatalf("%s: %v: %s", expression, err, r.Result.Value)
		}
	}
}

// open opens a file from disk in a window of that width and height, light or dark, and returns when the page has shown all.
func (b *browser) open(path string, width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.mu.Lock()
	b.requests, b.problems = nil, nil
	b.mu.Unlock()
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	b.until(`document.documentElement?.dataset.ready === "complete"`)
}

// until waits for an expression to come true, and a frame to be drawn after it.
func (b *browser) until(condition string) {
	b.t.Helper()
	var held bool
	b.run(fmt.Sprintf(`new Promise(resolve => {
		const end = performance.now() + 30000;
		const look = () => { if (%s) requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))); else if (performance.now() > end) resolve(false); else setTimeout(look, 5); };
		look();
	})`, condition), &held)
	if !held {
		b.t.Fatalf("it did not come true within 30 s: %s; the console has %q", condition, b.problems)
	}
}

// quiet fails the test if the page has asked for anything but itself, or if its console has anything.
func (b *browser) quiet(path string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if url != "file://"+path && url != "data:," && url != "about:blank" {
			b.t.Errorf("the page asked for %s", url)
		}
	}
	for _, p := range b.problems {
		b.t.Errorf("the console has %s", p)
	}
}

// picture writes what is in sight to a PNG file, or the whole page.
func (b *browser) picture(path string, whole bool) {
	b.t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	params := map[string]any{"format": "png"}
	if whole {
		params["captureBeyondViewport"] = true
		var size struct{ W, H float64 }
		b.run(`({W: document.documentElement.scrollWidth, H: document.documentElement.scrollHeight})`, &size)
		params["clip"] = map[string]any{"x": 0, "y": 0, "width": size.W, "height": size.H, "scale": 1}
	}
	b.call("Page.captureScreenshot", params, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

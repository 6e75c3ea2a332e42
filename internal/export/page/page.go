// Package page makes one HTML file of a recording, which shows the session to whoever opens it, without a network.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

//go:embed page.html page.css page.js uplot
var assets embed.FS

// markup is the page without its assets and its data.
var markup = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"seconds": seconds,
	"number":  number,
	"prose":   prose,
}).ParseFS(assets, "page.html"))

// view is what the markup shows.
type view struct {
	*summary
	// Policy is the content security policy: what runs and styles the page is what it came with, and it asks nobody for anything.
	Policy string
	// Styles and Scripts are elements of their own, and Data holds what the scripts show.
	Styles, Scripts, Data template.HTML
}

// Write writes a recording, which must be loaded, as a page with that title. The function name tells whose an address is, such as
// "192.0.2.1:5000". Lines that cannot be read as events are left out. The same recording and title give the same bytes.
func Write(w io.Writer, r *recorder.Recording, title string, name func(address string) string) error {
	s, err := summarise(r, title)
	if err != nil {
		return err
	}
	report, lines, err := read(r, s, name)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(report)
	if err != nil {
		return err
	}
	v := view{summary: s}
	var scripts, styles []string
	for _, file := range []string{"uplot/uPlot.min.css", "page.css"} {
		v.Styles += element("style", asset(file), &styles)
	}
	// The licence goes where the library goes.
	library := "/*\n" + asset("uplot/LICENSE") + "*/\n" + asset("uplot/uPlot.iife.min.js")
	for _, script := range []string{library, asset("page.js")} {
		v.Scripts += element("script", script, &scripts)
	}
	v.Policy = fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		strings.Join(scripts, " "), strings.Join(styles, " "))
	for _, part := range []struct {
		id   string
		data []byte
	}{{"report", encoded}, {"lines", lines}} {
		packed, err := pack(part.data)
		if err != nil {
			return err
		}
		v.Data += template.HTML(fmt.Sprintf("<script type=\"application/gzip\" id=%q>%s</script>\n", part.id, packed))
	}
	return markup.Execute(w, v)
}

func asset(name string) string {
	data, err := assets.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(data)
}

// element returns an element with what it holds as it is, and adds the hash by which the policy allows it.
func element(name, content string, hashes *[]string) template.HTML {
	sum := sha256.Sum256([]byte(content))
	*hashes = append(*hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	return template.HTML("<" + name + ">" + content + "</" + name + ">\n")
}

// pack compresses data and writes it in letters that no text of a scenario can break out of.
func pack(data []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// seconds formats a virtual time as seconds.
func seconds(t time.Duration) string { return fmt.Sprintf("%.3f s", t.Seconds()) }

// number formats a number with its thousands apart.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

package export

import (
	"io"

	"github.com/rtcsim/rtcsim/internal/export/page"
	"github.com/rtcsim/rtcsim/recorder"
)

var html = Format{
	Name:      "html",
	Extension: ".html",
	Summary:   "one page for the browser, to look at, to mail and to attach to a bug: it needs no network",
	Write:     writePage,
}

// writePage writes the session as a page.
func writePage(w io.Writer, r *recorder.Recording, o Options) error {
	d, err := readDirectory(r)
	if err != nil {
		return err
	}
	return page.Write(w, r, o.Title, d.name)
}

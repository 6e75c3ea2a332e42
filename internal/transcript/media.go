package transcript

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Layer names a track and its simulcast layer as conditions do.
func Layer(track, rid string) string {
	if rid == "" {
		return track
	}
	return track + "." + rid
}

// media tells how a track did.
func media(d recorder.Media) string {
	text := fmt.Sprintf("%s %s: %d packets, %d lost", d.Kind, Layer(d.Track, d.RID), d.Packets, d.Lost)
	if d.Expected > 0 {
		text += fmt.Sprintf(" (%.1f %%)", 100*float64(d.Lost)/float64(d.Expected))
	}
	if d.Repaired > 0 {
		text += fmt.Sprintf(", %d repaired", d.Repaired)
	}
	text += fmt.Sprintf(", jitter %v", d.Jitter.Round(100*time.Microsecond))
	if d.Kind == "video" {
		text += fmt.Sprintf(", %d frames, %d keyframes, %d freezes", d.Frames, d.Keyframes, d.Freezes)
	}
	return text
}

// rtcp tells of an RTCP packet. Unless packets are shown, only those are that ask for something new when they are sent: pion
// repeats a NACK every 100 ms.
func (p *Printer) rtcp(peer string, d recorder.RTCP) string {
	what := d.Type
	if d.Track != "" {
		what += " for " + Layer(d.Track, d.RID)
	}
	arrow := "⇢ "
	if d.Direction == "received" {
		arrow = "⇠ "
	}
	if p.packets {
		for _, n := range d.Lost {
			what += fmt.Sprint(" ", n)
		}
		for _, r := range d.Reports {
			what += fmt.Sprintf(", %.1f %% lost, jitter %v", 100*r.FractionLost, r.Jitter)
			if r.RTT != nil {
				what += fmt.Sprintf(", round trip %v", r.RTT.Round(100*time.Microsecond))
			}
		}
		return p.style.dim.Render(arrow + "RTCP " + what)
	}
	if d.Direction == "received" {
		return ""
	}
	switch d.Type {
	case "NACK":
		key := peer + " " + what
		before := p.nacked[key]
		p.nacked[key] = d.Lost
		if !slices.ContainsFunc(d.Lost, func(n uint16) bool { return !slices.Contains(before, n) }) {
			return ""
		}
	case "PLI", "FIR":
	default:
		return ""
	}
	return arrow + "RTCP " + what
}

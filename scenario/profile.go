package scenario

import (
	"fmt"
	"time"
)

// A Profile is a preset for a link.
type Profile struct {
	Name string
	// Down leads in, Up leads out.
	Down, Up ProfileDirection
	// Source says where the values come from.
	Source string
}

// A ProfileDirection is one direction of a profile.
type ProfileDirection struct {
	Rate   Capacity
	Delay  time.Duration // one way
	Jitter time.Duration // standard deviation
	Loss   Share
	// GilbertElliott takes the place of Loss; nil: there is none.
	GilbertElliott *GilbertElliott
}

const (
	kbps = 1000
	ms   = time.Millisecond
)

const (
	conditioner = "Apple's Network Link Conditioner"
	testRTC     = "testRTC, its round trip halved"
	str0m       = "str0m"
)

// Profiles are the profiles of links. Their delays are one-way delays.
var Profiles = []Profile{
	{"edge", of(240*kbps, 400*ms), of(200*kbps, 440*ms), conditioner},
	{"3g", of(780*kbps, 100*ms), of(330*kbps, 100*ms), conditioner},
	{"dsl", of(2000*kbps, 5*ms), of(256*kbps, 5*ms), conditioner},
	{"lte", of(50000*kbps, 50*ms), of(10000*kbps, 65*ms), conditioner},
	{"wifi", of(40000*kbps, 1*ms), of(33000*kbps, 1*ms), conditioner},
	symmetric("very-bad", lossy(1000*kbps, 500*ms, 0.1), conditioner),
	{"satellite", lossy(20000*kbps, 300*ms, 0.005), lossy(3000*kbps, 300*ms, 0.005), "a geostationary satellite"},
	symmetric("poor-3g", lossy(400*kbps, 175*ms, 0.05), testRTC),
	symmetric("unstable-4g", lossy(4000*kbps, 250*ms, 0.1), testRTC),
	symmetric("lossy-wifi", lossy(30000*kbps, 20*ms, 0.05), testRTC),
	symmetric("cellular", bursty(30000*kbps, 50*ms, 15*ms, 100, 2), str0m),
	symmetric("congested", bursty(10000*kbps, 80*ms, 40*ms, 20, 2), str0m),
}

func symmetric(name string, d ProfileDirection, source string) Profile {
	return Profile{name, d, d, source}
}

func of(rate Capacity, delay time.Duration) ProfileDirection {
	return ProfileDirection{Rate: rate, Delay: delay}
}

func lossy(rate Capacity, delay time.Duration, loss Share) ProfileDirection {
	return ProfileDirection{Rate: rate, Delay: delay, Loss: loss}
}

// bursty loses all packets in a bad state, by the mean numbers of packets in the states.
func bursty(rate Capacity, delay, jitter time.Duration, good, bad float64) ProfileDirection {
	return ProfileDirection{Rate: rate, Delay: delay, Jitter: jitter,
		GilbertElliott: &GilbertElliott{P: Share(1 / good), R: Share(1 / bad), LossBad: 1}}
}

// ProfileOf returns the profile of that name, nil if there is none.
func ProfileOf(name string) *Profile {
	for i := range Profiles {
		if Profiles[i].Name == name {
			return &Profiles[i]
		}
	}
	return nil
}

// RoundTrip returns the time that propagation takes up and down the link.
func (p *Profile) RoundTrip() time.Duration { return p.Down.Delay + p.Up.Delay }

// String returns the profile in one line, such as: dsl (down 2Mbps, up 256kbps, round trip 10ms).
func (p *Profile) String() string {
	return fmt.Sprintf("%s (down %v, up %v, round trip %v)", p.Name, p.Down.Rate, p.Up.Rate, p.RoundTrip())
}

func (p *Profile) up() Direction   { return p.Up.direction() }
func (p *Profile) down() Direction { return p.Down.direction() }

// direction returns the settings that the profile stands for. It says of each whether there is any, so that nothing is
// left of another profile that the link had.
func (d ProfileDirection) direction() Direction {
	none := Burst(0)
	settings := Direction{Rate: &d.Rate, Delay: &d.Delay, Jitter: &d.Jitter}
	if d.GilbertElliott != nil {
		settings.GilbertElliott = d.GilbertElliott
	} else {
		settings.Loss, settings.Burst = &d.Loss, &none
	}
	return settings
}

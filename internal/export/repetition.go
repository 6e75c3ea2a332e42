package export

// A passage is scenes in a row that happen once or, as like ones, several times.
type passage struct {
	scenes []scene
	times  int
}

// longest is how many scenes a repetition can have.
const longest = 12

// fold finds what repeats itself: a scene that happens several times in a row is shown once with its count, and so are several in
// a row as a passage if they come three times. Of many packets and messages in a row, like ones are shown once wherever they are.
func fold(scenes []scene) []passage {
	scenes = condensed(joined(scenes))
	var all []passage
	for i := 0; i < len(scenes); {
		length, times := repetition(scenes[i:])
		if times < 3 {
			if last := len(all) - 1; last >= 0 && all[last].times == 1 {
				all[last].scenes = append(all[last].scenes, scenes[i])
			} else {
				all = append(all, passage{scenes[i : i+1 : i+1], 1})
			}
			i++
			continue
		}
		once := append([]scene(nil), scenes[i:i+length]...)
		for j := length; j < length*times; j++ {
			once[j%length].join(scenes[i+j])
		}
		all = append(all, passage{once, times})
		i += length * times
	}
	return all
}

// joined returns the scenes with like ones in a row as one.
func joined(scenes []scene) []scene {
	var all []scene
	for _, s := range scenes {
		if last := len(all) - 1; last >= 0 && all[last].same(s) && !s.begins && !s.returns {
			all[last].join(s)
			continue
		}
		all = append(all, s)
	}
	return all
}

// many is how many packets and messages can be in a row, each at its place.
const many = 16

// condensed returns the scenes with like ones among many packets and messages as one.
func condensed(scenes []scene) []scene {
	var all []scene
	for i := 0; i < len(scenes); {
		end := i
		for end < len(scenes) && scenes[end].small() {
			end++
		}
		if end-i <= many {
			end = max(end, i+1)
			all = append(all, scenes[i:end]...)
			i = end
			continue
		}
		first := len(all)
	next:
		for _, s := range scenes[i:end] {
			for k := first; k < len(all); k++ {
				if all[k].same(s) {
					all[k].join(s)
					continue next
				}
			}
			all = append(all, s)
		}
		i = end
	}
	return all
}

// small tells whether a scene is one of many alike: a packet or a message.
func (s scene) small() bool {
	if s.alone {
		return false
	}
	switch s.form {
	case arrowForm, lossForm:
		return s.from != signaling
	case callForm, eventForm:
		return s.several != "" && !s.begins
	}
	return false
}

// repetition returns with how many scenes a repetition begins that shows the most at once, and how often they come.
func repetition(scenes []scene) (length, times int) {
	for l := 2; l <= longest && 3*l <= len(scenes); l++ {
		n := 1
		for l*(n+1) <= len(scenes) && alike(scenes[:l], scenes[l*n:l*(n+1)]) {
			n++
		}
		if n >= 3 && l*n > length*times && balanced(scenes[:l]) {
			length, times = l, n
		}
	}
	return length, times
}

func alike(a, b []scene) bool {
	for i := range a {
		if !a[i].same(b[i]) {
			return false
		}
	}
	return true
}

// balanced tells whether the calls that begin in these scenes return in them, and the other way round.
func balanced(scenes []scene) bool {
	open := make(map[string]int)
	for _, s := range scenes {
		switch {
		case s.begins:
			open[s.from]++
		case s.returns:
			open[s.from]--
			if open[s.from] < 0 {
				return false
			}
		}
	}
	for _, n := range open {
		if n != 0 {
			return false
		}
	}
	return true
}

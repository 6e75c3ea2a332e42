package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The guest cannot be stopped from outside: nothing preempts WebAssembly, and while it computes not even the host's
// garbage collector can run, because the Go runtime cannot stop a thread in wazero's machine code. wazero's own remedy
// (WithCloseOnContextDone) leaves the machine code at every loop and doubles the run time. So the module is rewritten:
// every loop head counts down a counter of the guest's own, and calls the host's tick function when it reaches zero.
// Go compiles each jump that is not a fall-through to a pass through a loop head, so that no Go code spins without
// passing one.
//
// The count is a property of the program and its input, not of the host's speed. So is the verdict that a guest spins.

// ticksEvery is how many loop heads the guest passes between two calls of the host's tick function: some 10 ms.
const ticksEvery = 1 << 21

// tickModule and tickName are the import that the rewritten loops call. The guest imports it for that purpose alone.
const tickModule, tickName = "rtcsim", "tick"

var errNoTick = errors.New("the guest does not import " + tickModule + "." + tickName)

// globalName returns the name under which the guest exports the i-th of the globals that change. What is in them belongs to the
// guest's state, like its memory.
func globalName(i int) string { return fmt.Sprintf("rtcsim.global.%d", i) }

// instrument returns the module with a countdown in every loop, and with its globals for the host to read and set.
func instrument(wasm []byte) ([]byte, error) {
	const magic = "\x00asm\x01\x00\x00\x00"
	if len(wasm) < len(magic) || string(wasm[:len(magic)]) != magic {
		return nil, errors.New("not a WebAssembly module")
	}
	out := append(make([]byte, 0, len(wasm)+len(wasm)/8), magic...)
	var tick, globals uint32
	var found, counter bool
	var mutable []uint32 // the indices of the globals that change
	r := &wasmReader{b: wasm, at: len(magic)}
	for r.at < len(r.b) && r.err == nil {
		id := r.byte()
		size := int(r.u32())
		start := r.at
		r.skip(size)
		if r.err != nil {
			break
		}
		body := wasm[start:r.at]
		section := &wasmReader{b: body}
		switch id {
		case 2: // imports
			var err error
			if tick, globals, found, err = findTick(section); err != nil {
				return nil, err
			}
			if !found {
				return nil, errNoTick
			}
		case 6: // globals: one more, the countdown
			counter = true
			n := section.u32()
			body = appendU32(nil, n+1)
			body = append(body, section.rest()...)
			if mutable = section.mutableGlobals(globals, n); section.err != nil {
				return nil, section.err
			}
			globals += n
			mutable = append(mutable, globals)
			body = append(body, valueI32, 1 /* mutable */, opI32Const)
			body = appendI32(body, ticksEvery)
			body = append(body, opEnd)
		case 7: // exports: the globals that a snapshot needs
			n := section.u32()
			body = appendU32(nil, n+uint32(len(mutable)))
			body = append(body, section.rest()...)
			for i, global := range mutable {
				name := globalName(i)
				body = append(appendU32(body, uint32(len(name))), name...)
				body = appendU32(append(body, exportGlobal), global)
			}
		case 12: // the number of data segments
			body = appendU32(nil, 1)
		case 11: // data
			var err error
			if body, err = mergeData(section); err != nil {
				return nil, err
			}
		case 10: // code
			var err error
			if body, err = instrumentCode(section, tick, globals); err != nil {
				return nil, err
			}
		}
		out = append(out, id)
		out = appendU32(out, uint32(len(body)))
		out = append(out, body...)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case !found:
		return nil, errNoTick
	case !counter:
		return nil, errors.New("the guest has no globals, and so no place for the countdown")
	}
	return out, nil
}

// findTick returns the function index of the tick import, and how many globals are imported.
func findTick(r *wasmReader) (tick, globals uint32, found bool, err error) {
	funcs := uint32(0)
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		module, name := r.name(), r.name()
		switch kind := r.byte(); kind {
		case 0: // function
			r.u32()
			if module == tickModule && name == tickName {
				tick, found = funcs, true
			}
			funcs++
		case 1: // table
			r.byte()
			r.limits()
		case 2: // memory
			r.limits()
		case 3: // global
			r.skip(2)
			globals++
		default:
			return 0, 0, false, fmt.Errorf("unknown kind of import %d", kind)
		}
	}
	return tick, globals, found, r.err
}

// instrumentCode rewrites the code section. counter is the index of the countdown global.
func instrumentCode(r *wasmReader, tick, counter uint32) ([]byte, error) {
	var check []byte
	check = appendU32(append(check, opGlobalGet), counter)
	check = append(check, opI32Const, 1, opI32Sub)
	check = appendU32(append(check, opGlobalSet), counter)
	check = appendU32(append(check, opGlobalGet), counter)
	check = append(check, opI32Eqz, opIf, blockEmpty)
	check = appendI32(append(check, opI32Const), ticksEvery)
	check = appendU32(append(check, opGlobalSet), counter)
	check = appendU32(append(check, opCall), tick)
	check = append(check, opEnd)

	n := r.u32()
	out := appendU32(make([]byte, 0, len(r.b)+len(r.b)/8), n)
	var body []byte
	for ; n > 0 && r.err == nil; n-- {
		size := int(r.u32())
		start := r.at
		r.skip(size)
		if r.err != nil {
			break
		}
		f := &wasmReader{b: r.b[start:r.at]}
		for locals := f.u32(); locals > 0 && f.err == nil; locals-- {
			f.u32()
			f.byte()
		}
		body = append(body[:0], f.b[:f.at]...)
		for f.at < len(f.b) && f.err == nil {
			at := f.at
			op := f.instruction()
			body = append(body, f.b[at:f.at]...)
			if op == opLoop {
				body = append(body, check...)
			}
		}
		if f.err != nil {
			return nil, f.err
		}
		out = appendU32(out, uint32(len(body)))
		out = append(out, body...)
	}
	return out, r.err
}

// mergeData rewrites the data section to one segment. Go's linker leaves out each stretch of zeroes, which makes very many
// segments, and evaluating their addresses takes longer than all else that an instance needs.
func mergeData(r *wasmReader) ([]byte, error) {
	type segment struct {
		at    int
		bytes []byte
	}
	var segments []segment
	first, last := 0, 0
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		if flag, op := r.u32(), r.byte(); r.err == nil && (flag != 0 || op != opI32Const) {
			return nil, errors.New("the guest has data without a fixed place in its memory")
		}
		at := int(r.u32())
		if op := r.byte(); r.err == nil && op != opEnd {
			return nil, errors.New("the guest has data without a fixed place in its memory")
		}
		size := int(r.u32())
		start := r.at
		if r.skip(size); r.err != nil {
			break
		}
		if len(segments) == 0 || at < first {
			first = at
		}
		last = max(last, at+size)
		segments = append(segments, segment{at, r.b[start:r.at]})
	}
	if r.err != nil || len(segments) == 0 {
		return appendU32(nil, 0), r.err
	}
	const most = 64 << 20 // a guest's data is a tenth of that
	if first < 0 || last-first > most {
		return nil, errors.New("the guest's data is spread too far")
	}
	merged := make([]byte, last-first)
	for _, s := range segments {
		copy(merged[s.at-first:], s.bytes)
	}
	out := append(appendU32(nil, 1), 0, opI32Const)
	out = append(appendI32(out, int32(first)), opEnd)
	out = appendU32(out, uint32(len(merged)))
	return append(out, merged...), nil
}

// The few opcodes that the rewriting emits or looks for.
const (
	opLoop      = 0x03
	opIf        = 0x04
	opEnd       = 0x0b
	opCall      = 0x10
	opGlobalGet = 0x23
	opGlobalSet = 0x24
	opI32Const  = 0x41
	opI32Eqz    = 0x45
	opI32Sub    = 0x6b
	blockEmpty  = 0x40
	valueI32    = 0x7f
)

// exportGlobal is the kind of an export that is a global.
const exportGlobal = 3

// wasmReader reads the binary format. The first error sticks, and every read after it gives zeroes.
type wasmReader struct {
	b   []byte
	at  int
	err error
}

var errWasmCut = errors.New("the WebAssembly module is cut off")

func (r *wasmReader) byte() byte {
	if r.err != nil || r.at >= len(r.b) {
		r.err = errors.Join(r.err, errWasmCut)
		return 0
	}
	b := r.b[r.at]
	r.at++
	return b
}

func (r *wasmReader) skip(n int) {
	if r.err != nil || n < 0 || n > len(r.b)-r.at {
		r.err = errors.Join(r.err, errWasmCut)
		return
	}
	r.at += n
}

func (r *wasmReader) rest() []byte { return r.b[r.at:] }

// u32 reads an unsigned LEB128.
func (r *wasmReader) u32() uint32 {
	v, n := binary.Uvarint(r.b[min(r.at, len(r.b)):])
	if n <= 0 || v > 1<<32-1 {
		n, v = len(r.b)+1, 0
	}
	r.skip(n)
	return uint32(v)
}

// leb skips a LEB128 of any size and sign.
func (r *wasmReader) leb() {
	for r.err == nil && r.byte()&0x80 != 0 {
	}
}

func (r *wasmReader) name() string {
	n := int(r.u32())
	start := r.at
	if r.skip(n); r.err != nil {
		return ""
	}
	return string(r.b[start:r.at])
}

func (r *wasmReader) limits() {
	hasMax := r.byte()&1 != 0
	r.u32()
	if hasMax {
		r.u32()
	}
}

// mutableGlobals reads n globals, the first of which has the given index, and returns the indices of those that change.
func (r *wasmReader) mutableGlobals(first, n uint32) []uint32 {
	var mutable []uint32
	for i := range n {
		r.byte() // the type
		if r.byte() == 1 {
			mutable = append(mutable, first+i)
		}
		for r.err == nil && r.instruction() != opEnd {
		}
		if r.err != nil {
			break
		}
	}
	return mutable
}

// instruction reads one instruction and returns its opcode.
func (r *wasmReader) instruction() byte {
	op := r.byte()
	switch {
	case op >= 0x02 && op <= 0x04: // block, loop, if: a block type
		r.leb()
	case op == 0x0c || op == 0x0d || op == 0x10, // br, br_if, call
		op >= 0x20 && op <= 0x26, // local.get … table.set
		op == 0xd2:               // ref.func
		r.leb()
	case op == 0x0e: // br_table
		for n := r.u32(); n > 0 && r.err == nil; n-- {
			r.leb()
		}
		r.leb()
	case op == 0x11: // call_indirect
		r.leb()
		r.leb()
	case op == 0x1c: // select with types
		for n := r.u32(); n > 0 && r.err == nil; n-- {
			r.byte()
		}
	case op >= 0x28 && op <= 0x3e: // loads and stores: align, offset
		r.leb()
		r.leb()
	case op == 0x3f || op == 0x40: // memory.size, memory.grow
		r.byte()
	case op == 0x41 || op == 0x42: // i32.const, i64.const
		r.leb()
	case op == 0x43: // f32.const
		r.skip(4)
	case op == 0x44: // f64.const
		r.skip(8)
	case op == 0xd0: // ref.null
		r.byte()
	case op == 0xfc: // saturating conversions and bulk memory
		switch sub := r.u32(); {
		case sub <= 7:
		case sub == 8, sub == 10, sub == 12, sub == 14: // memory.init, memory.copy, table.init, table.copy
			r.leb()
			r.leb()
		case sub == 9, sub == 11, sub == 13, sub >= 15 && sub <= 17: // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill
			r.leb()
		default:
			r.err = fmt.Errorf("unknown instruction fc %d", sub)
		}
	case op <= 0x01, op == 0x05, op == 0x0b, op == 0x0f, op == 0x1a, op == 0x1b,
		op >= 0x45 && op <= 0xc4, op == 0xd1:
	default:
		r.err = fmt.Errorf("unknown instruction %#02x", op)
	}
	return op
}

func appendU32(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

// appendI32 appends a signed LEB128.
func appendI32(b []byte, v int32) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

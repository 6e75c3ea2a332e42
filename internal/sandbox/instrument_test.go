package sandbox

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// section returns a section of a module.
func section(id byte, content ...byte) []byte {
	return append(appendU32([]byte{id}, uint32(len(content))), content...)
}

// vector returns a vector with one element.
func vector(element ...byte) []byte { return append([]byte{1}, element...) }

// loops is a module whose function "run" passes as many loop heads as its argument says, at least one.
//
//	(import "rtcsim" "tick" (func))
//	(global (mut i32) (i32.const 7))
//	(func (export "run") (param i32) (result i32)
//	  (loop
//	    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
//	    (br_if 0 (local.get 0)))
//	  (global.get 0))
var loops = bytes.Join([][]byte{
	[]byte("\x00asm\x01\x00\x00\x00"),
	section(1, append([]byte{2, 0x60, 0, 0}, 0x60, 1, valueI32, 1, valueI32)...),
	section(2, vector(append([]byte("\x06rtcsim\x04tick"), 0, 0)...)...),
	section(3, vector(1)...),
	section(6, vector(valueI32, 1, opI32Const, 7, opEnd)...),
	section(7, vector(append([]byte("\x03run"), 0, 1)...)...),
	section(10, vector(append([]byte{17, 0}, // size, no locals
		opLoop, blockEmpty,
		0x20, 0, opI32Const, 1, opI32Sub, 0x21, 0,
		0x20, 0, 0x0d, 0,
		opEnd,
		opGlobalGet, 0,
		opEnd)...)...),
}, nil)

func init() {
	// The size of the one function, which the literal above cannot count.
	code := loops[bytes.LastIndex(loops, []byte{17, 0, opLoop}):]
	code[0] = byte(len(code) - 1)
}

// TestMergeData sees that data stays where it is, and that the globals are there.
func TestMergeData(t *testing.T) {
	segment := func(at byte, text string) []byte {
		return append([]byte{0, opI32Const, at, opEnd, byte(len(text))}, text...)
	}
	data := append([]byte{3}, bytes.Join([][]byte{segment(40, "world"), segment(8, "hello"), segment(20, "")}, nil)...)
	module := bytes.Join([][]byte{
		loops[:bytes.Index(loops, section(6, vector(valueI32, 1, opI32Const, 7, opEnd)...))],
		section(5, vector(0, 1)...),
		section(6, append([]byte{3}, valueI32, 1, opI32Const, 7, opEnd, valueI32, 0, opI32Const, 8, opEnd, valueI32, 1, opI32Const, 9, opEnd)...),
		section(7, append(append([]byte{2}, append([]byte("\x03run"), 0, 1)...), append([]byte("\x03mem"), 2, 0)...)...),
		section(12, 3),
		loops[bytes.Index(loops, []byte{0, opLoop, blockEmpty})-4:], // the code
		section(11, data...),
	}, nil)
	out, err := instrument(module)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	if _, err := r.NewHostModuleBuilder(tickModule).NewFunctionBuilder().WithFunc(func() {}).Export(tickName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 64)
	copy(want[40:], "world")
	copy(want[8:], "hello")
	if got, _ := mod.Memory().Read(0, 64); !bytes.Equal(got, want) {
		t.Errorf("memory holds %q, want %q", got, want)
	}
	for i, want := range []uint64{7, 9, ticksEvery} { // the second global is a constant
		global, ok := mod.ExportedGlobal(globalName(i)).(api.MutableGlobal)
		if !ok || global.Get() != want {
			t.Fatalf("global %d is %v, want %d", i, global, want)
		}
		global.Set(want + 1)
		if global.Get() != want+1 {
			t.Errorf("global %d is %d after it was set to %d", i, global.Get(), want+1)
		}
	}
	if mod.ExportedGlobal(globalName(3)) != nil {
		t.Error("there are more globals than those that change")
	}
}

func TestInstrument(t *testing.T) {
	out, err := instrument(loops)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	ticks := 0
	if _, err := r.NewHostModuleBuilder(tickModule).NewFunctionBuilder().WithFunc(func() { ticks++ }).Export(tickName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	run := func(n uint32) {
		t.Helper()
		result, err := mod.ExportedFunction("run").Call(ctx, api.EncodeU32(n))
		if err != nil {
			t.Fatal(err)
		}
		if result[0] != 7 {
			t.Errorf("the module's own global is %d, want 7", result[0])
		}
	}
	run(ticksEvery - 1)
	if ticks != 0 {
		t.Errorf("%d ticks after %d loop heads, want none", ticks, ticksEvery-1)
	}
	run(1)
	if ticks != 1 {
		t.Errorf("%d ticks after %d loop heads, want 1", ticks, ticksEvery)
	}
	run(3 * ticksEvery)
	if ticks != 4 {
		t.Errorf("%d ticks after %d loop heads, want 4", ticks, 4*ticksEvery)
	}
}

func TestInstrumentMalformed(t *testing.T) {
	header := loops[:8]
	types := loops[8 : 8+2+int(loops[9])]
	imports := section(2, vector(append([]byte("\x06rtcsim\x04tick"), 0, 0)...)...)
	global := section(6, vector(valueI32, 1, opI32Const, 7, opEnd)...)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	function := func(body ...byte) []byte {
		return section(10, vector(append([]byte{byte(len(body) + 1), 0}, body...)...)...)
	}
	for _, test := range []struct {
		name string
		wasm []byte
	}{
		{"nothing", nil},
		{"half the header", header[:4]},
		{"another version", []byte("\x00asm\x02\x00\x00\x00")},
		{"text", []byte("(module (func))")},
		{"header alone", header},
		{"no imports", join(header, types, global)},
		{"another import", join(header, section(2, vector(append([]byte("\x06rtcsim\x04emit"), 0, 0)...)...), global)},
		{"tick is a global", join(header, section(2, vector(append([]byte("\x06rtcsim\x04tick"), 3, valueI32, 0)...)...), global)},
		{"import of an unknown kind", join(header, section(2, vector(append([]byte("\x06rtcsim\x04tick"), 9, 0)...)...), global)},
		{"no globals", join(header, imports)},
		{"section longer than the file", join(header, imports, global, []byte{10, 200})},
		{"size that is no number", join(header, imports, global, bytes.Repeat([]byte{0xff}, 20))},
		{"more functions than there are", join(header, imports, global, section(10, 5))},
		{"function longer than its section", join(header, imports, global, section(10, 1, 99, 0))},
		{"unknown instruction", join(header, imports, global, function(0xff, opEnd))},
		{"unknown long instruction", join(header, imports, global, function(0xfc, 99, opEnd))},
		{"instruction cut off", join(header, imports, global, function(opI32Const))},
		{"constant cut off", join(header, imports, global, function(0x44, 1, 2))},
		{"endless table of jumps", join(header, imports, global, function(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if out, err := instrument(test.wasm); err == nil {
				t.Errorf("got a module of %d bytes, want an error", len(out))
			}
		})
	}
	if _, err := instrument(join(header, types, global)); !errors.Is(err, errNoTick) {
		t.Errorf("without the import: got error %v, want %v", err, errNoTick)
	}
	// Cut off anywhere but between two sections, there is an error.
	for n := range loops {
		if _, err := instrument(loops[:n]); err == nil && !endsSection(loops, n) {
			t.Errorf("the first %d bytes: no error", n)
		}
	}
}

// endsSection tells whether a section of the module ends at the offset.
func endsSection(wasm []byte, offset int) bool {
	r := &wasmReader{b: wasm, at: 8}
	for r.at < len(wasm) {
		r.byte()
		r.skip(int(r.u32()))
		if r.at == offset {
			return true
		}
	}
	return false
}

// FuzzInstrument checks that instrument never panics, and that it makes valid modules of valid ones.
func FuzzInstrument(f *testing.F) {
	f.Add(loops)
	f.Add(loops[:20])
	f.Add([]byte("\x00asm\x01\x00\x00\x00"))
	ctx := context.Background()
	valid := func(wasm []byte) error {
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(16))
		defer r.Close(ctx)
		_, err := r.CompileModule(ctx, wasm)
		return err
	}
	// wazero believes a module that claims to have a hundred million globals, and makes room for them.
	large := func(wasm []byte) bool {
		for i := range max(0, len(wasm)-2) {
			if wasm[i]&wasm[i+1]&wasm[i+2]&0x80 != 0 {
				return true
			}
		}
		return false
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		out, err := instrument(wasm)
		if err != nil || large(wasm) || valid(wasm) != nil {
			return
		}
		if err := valid(out); err != nil {
			t.Errorf("a valid module became an invalid one: %v\n%x\n%x", err, wasm, out)
		}
	})
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk records more than the disk has room for.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: only root can mount a small disk")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be mounted here: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	r := rtcsim(t, disk, "run", absolute(t, "../../scenarios/data-channels/unreliable-lossy.yaml"), "-o", "full.rtcrec")
	r.want(t, exitFatal, "connectionstatechange connected", "no space left on device")
	m := regexp.MustCompile(`rtcsim: the recording's event (\d+) could not be written: .*; (\d+) events are safe in full\.rtcrec\.part\n`).FindStringSubmatch(r.stderr)
	if m == nil {
		t.Fatalf("it does not say what is safe: %v", r)
	}
	if n := strings.Count(r.stderr, "no space left"); n != 1 {
		t.Errorf("it says %d times that the disk is full: %v", n, r)
	}
	if strings.Contains(r.stdout, "digest") {
		t.Errorf("there is a summary: %v", r)
	}
	failed, _ := strconv.Atoi(m[1])
	safe, _ := strconv.Atoi(m[2])
	if n := readable(t, filepath.Join(disk, "full.rtcrec.part")); safe < 100 || n < safe || n >= failed {
		t.Errorf("%d events can be read, %d should be safe, and event %d failed", n, safe, failed)
	}
	if _, err := os.Stat(filepath.Join(disk, "full.rtcrec")); !os.IsNotExist(err) {
		t.Errorf("there is a recording without an end: %v", err)
	}
	rtcsim(t, disk, "replay", "full.rtcrec.part").want(t, exitFatal, "events that the recording still holds are the same", "cut off after event ")
}

// TestNoSpaceAtAll needs no privilege: /dev/full is a file on a full disk.
func TestNoSpaceAtAll(t *testing.T) {
	t.Parallel()
	dir := write(t, "call.yaml", call)
	if err := os.Symlink("/dev/full", filepath.Join(dir, "call.rtcrec.part")); err != nil {
		t.Fatal(err)
	}
	r := rtcsim(t, dir, "run", "call.yaml")
	r.want(t, exitFatal, "", "rtcsim: the recording's header could not be written: ")
	r.want(t, exitFatal, "", "no space left on device; no event is safe in call.rtcrec.part\n")
	if r.stdout != "" {
		t.Errorf("it ran all the same: %v", r)
	}
}

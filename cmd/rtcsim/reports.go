package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtcsim/rtcsim/internal/suite"
)

// reportFiles are where results go for machines.
type reportFiles struct{ junit, report string }

func (f *reportFiles) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.junit, "junit", "", "write the results to this file, as JUnit XML")
	flags.StringVar(&f.report, "report", "", "write the results to this file, as JSON Lines")
}

// reports are the reports that are being written.
type reports struct {
	results []*suite.Result
	writers []*suite.Report
	junit   *suite.JUnitFile // nil without one
	file    *os.File         // nil without one
}

// openReports begins all reports that were asked for. Folders that are not there are made.
func (a *app) openReports(f reportFiles, h suite.Header, began time.Time) (*reports, error) {
	r := &reports{}
	for _, path := range []string{f.junit, f.report} {
		if path == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, usage("%w", err)
		}
	}
	var err error
	if f.junit != "" {
		if r.junit, err = suite.CreateJUnit(f.junit, h, began); err != nil {
			return nil, usage("--junit: %w", err)
		}
	}
	var outs []io.Writer
	if f.report != "" {
		if r.file, err = os.Create(f.report); err != nil {
			return nil, usage("--report: %w", err)
		}
		outs = append(outs, r.file)
	}
	if a.json {
		outs = append(outs, a.stdout)
	}
	for _, out := range outs {
		w, err := suite.NewReport(out, h)
		if err != nil {
			return nil, &exitError{exitFatal, err}
		}
		r.writers = append(r.writers, w)
	}
	return r, nil
}

// add writes a result to all reports.
func (r *reports) add(result *suite.Result) error {
	r.results = append(r.results, result)
	for _, w := range r.writers {
		if err := w.Add(result); err != nil {
			return err
		}
	}
	if r.junit != nil {
		return r.junit.Add(result)
	}
	return nil
}

// close ends all reports with the sums.
func (r *reports) close(sums suite.Sums) error {
	var errs []error
	for _, w := range r.writers {
		errs = append(errs, w.Close(sums))
	}
	if r.file != nil {
		errs = append(errs, r.file.Close())
	}
	if r.junit != nil {
		errs = append(errs, r.junit.Close())
	}
	return errors.Join(errs...)
}

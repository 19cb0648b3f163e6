"""Tests of the fallback policy."""

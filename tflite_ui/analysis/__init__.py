"""From a study to frames, fronts, claims and a recommendation: pure functions, nothing read or written."""
